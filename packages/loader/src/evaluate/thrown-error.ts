import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeThrown } from '@uni/reload-core'
import { codeFrame } from '../code-frame.js'
import { LoadError, type LoadErrorInit } from '../errors.js'
import type { Evaluated } from './evaluate.js'

/** What is said of a plugin whose module throws: where, as far as the stack says. */
export function thrownError(thrown: unknown, evaluated: Evaluated, plugin: string | undefined): LoadError {
  return new LoadError('THREW', `its module threw while it was evaluated: ${describeThrown(thrown)}`, {
    ...(plugin !== undefined && { plugin }),
    ...thrownAt(thrown, evaluated),
    hint: 'Nothing of it was kept; the next load begins anew.',
    cause: thrown,
  })
}

function thrownAt(thrown: unknown, { map, root }: Evaluated): LoadErrorInit {
  const { sources, sourcesContent } = JSON.parse(map) as {
    readonly sources: readonly string[]
    readonly sourcesContent?: readonly (string | null)[]
  }
  const files = new Map(sources.map((source, at) => [join(root, source), sourcesContent?.[at] ?? undefined]))
  for (const [, path, line, column] of stackOf(thrown).matchAll(
    /(?:\(|at |async )((?:file:\/\/|\/|[A-Z]:\\)[^\n]*?):(\d+):(\d+)\)?$/gm,
  )) {
    const file = (path as string).startsWith('file:') ? fileURLToPath(path as string) : (path as string)
    if (!files.has(file)) continue
    const place = { file, line: Number(line), column: Number(column) }
    const source = files.get(file)
    return { place, ...(source !== undefined && { frame: codeFrame(source, place.line, place.column) }) }
  }
  return {}
}

/** A getter of the plugin's may throw. */
function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : ''
  } catch {
    return ''
  }
}
