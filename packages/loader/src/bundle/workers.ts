import { join } from 'node:path'
import { codeFrame } from '../code-frame.js'
import { LoadError } from '../errors.js'
import { UNNAMED } from './source-files.js'
import { SourcePlaces } from './source-places.js'

/** A worker that begins with a file of TypeScript beside the source, as esbuild writes it. */
const WORKER = new RegExp(
  String.raw`\bnew (?:[\w$]+\.)*\w*Worker\(\s*(?:/\*[^]*?\*/\s*)?new URL\("([^"\\]+\.[cm]?tsx?)", ${UNNAMED}\.meta\.url\)`,
)

/**
 * Refuses a plugin that runs TypeScript in a worker: a worker is no part of the bundle, Node runs its file where that
 * lies.
 *
 * @param code as esbuild has written it.
 * @param root absolute path of the plugin's folder.
 * @throws LoadError `BUNDLE`, with the place.
 */
export function refuseWorkers(code: string, map: string, root: string): void {
  const found = WORKER.exec(code)
  if (found === null) return
  const sources = new SourcePlaces(code, map)
  const { path, line, column } = sources.of(found.index)
  const content = sources.contentOf(path)
  throw new LoadError('BUNDLE', `a worker begins with ${JSON.stringify(found[1])}, which Node runs as it lies there`, {
    place: { file: join(root, path), line, column },
    ...(content !== undefined && { frame: codeFrame(content, line, column, 'new Worker'.length) }),
    hint: 'Write the file of the worker in JavaScript, or let it be what a build of the worker has written.',
  })
}
