import { dirname, join, sep } from 'node:path'
import { codeFrame } from '../code-frame.js'
import { LoadError } from '../errors.js'
import { UNNAMED } from './source-files.js'
import { SourcePlaces } from './source-places.js'

/** Workers that begin with a file of TypeScript beside the source, as esbuild writes them. */
const WORKERS = new RegExp(
  String.raw`\bnew (?:[\w$]+\.)*\w*Worker\(\s*(?:/\*[^]*?\*/\s*)?new URL\("([^"\\]+\.[cm]?tsx?)", ${UNNAMED}\.meta\.url\)`,
  'g',
)

/**
 * Refuses a plugin that runs TypeScript in a worker, where Node does not: a worker is no part of the bundle, Node runs
 * its file where that lies.
 *
 * @param code as esbuild has written it.
 * @param root absolute path of the plugin's folder.
 * @throws LoadError `BUNDLE`, with the place.
 */
export function refuseWorkers(code: string, map: string, root: string): void {
  const sources = new SourcePlaces(code, map)
  for (const { index, 1: file = '' } of code.matchAll(WORKERS)) {
    const { path, line, column } = sources.of(index)
    if (isRunByNode(join(root, dirname(path), file))) continue
    const content = sources.contentOf(path)
    throw new LoadError('BUNDLE', `a worker begins with ${JSON.stringify(file)}, which Node runs as it lies there`, {
      place: { file: join(root, path), line, column },
      ...(content !== undefined && { frame: codeFrame(content, line, column, 'new Worker'.length) }),
      hint: 'Use Node 22.18 or later, or let the file of the worker be JavaScript, such as what a build has written.',
    })
  }
}

/** From 22.18 on, Node leaves types out, but of files with JSX and of packages (https://nodejs.org/api/typescript.html). */
function isRunByNode(file: string): boolean {
  const runsTypes = 'typescript' in process.features && process.features.typescript !== false
  return runsTypes && !file.endsWith('x') && !file.split(sep).includes('node_modules')
}
