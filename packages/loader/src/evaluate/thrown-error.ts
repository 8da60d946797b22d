import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { describeThrown } from '@uni/reload-core'
import type { Bundle } from '../bundle/bundle.js'
import { pathOfSource } from '../bundle/map-source.js'
import { codeFrame } from '../code-frame.js'
import { LoadError, type LoadErrorInit, type SourcePlace } from '../errors.js'
import { stackOf } from '../stack-of.js'
import type { Evaluated } from './evaluate.js'

/**
 * What is said of a plugin whose module throws: where, as far as its stack says.
 *
 * @param filename that the code was evaluated under.
 */
export function thrownError(
  thrown: unknown,
  evaluated: Pick<Bundle, 'code' | 'map' | 'root' | 'entry'>,
  filename: string,
  plugin: string | undefined,
): LoadError {
  return new LoadError('THREW', `its module threw while it was evaluated: ${describeThrown(thrown)}`, {
    ...(plugin !== undefined && { plugin }),
    place: { file: join(evaluated.root, evaluated.entry) },
    ...placeOf(thrown, evaluated, filename),
    hint: hintFor(thrown),
    cause: thrown,
  })
}

function hintFor(thrown: unknown): string {
  const kept = 'Nothing of it was kept; the next load begins anew.'
  return stackOf(thrown) === '' ? `Have it throw an Error, whose stack says where. ${kept}` : kept
}

/** The first of its frames that is of the plugin. */
function placeOf(thrown: unknown, { map, root }: Evaluated, filename: string): Pick<LoadErrorInit, 'place' | 'frame'> {
  const trace = new TraceMap(map)
  const contents = new Map(
    trace.sources.map((source, at) => [
      join(root, pathOfSource(source ?? '')),
      trace.sourcesContent?.[at] ?? undefined,
    ]),
  )
  for (const frame of framesOf(thrown)) {
    // As Node maps them; or as they are, where the host has an Error.prepareStackTrace of its own.
    const place = frame.file === filename ? mapped(trace, frame, root) : frame
    if (place === undefined || !contents.has(place.file)) continue
    const source = contents.get(place.file)
    return { place, ...(source !== undefined && { frame: codeFrame(source, place.line, place.column) }) }
  }
  return {}
}

type Frame = { readonly [K in keyof Required<SourcePlace>]: NonNullable<SourcePlace[K]> }

function mapped(trace: TraceMap, { line, column }: Frame, root: string): Frame | undefined {
  const found = originalPositionFor(trace, { line, column: column - 1 })
  return found.source === null
    ? undefined
    : { file: join(root, pathOfSource(found.source)), line: found.line, column: found.column + 1 }
}

function framesOf(thrown: unknown): readonly Frame[] {
  const frames = stackOf(thrown).matchAll(/(?:\(|at |async )((?:file:\/\/|\/|[A-Z]:\\)[^\n]*?):(\d+):(\d+)\)?$/gm)
  return Array.from(frames, ([, path, line, column]) => {
    const file = path as string
    return { file: file.startsWith('file:') ? fileURLToPath(file) : file, line: Number(line), column: Number(column) }
  })
}
