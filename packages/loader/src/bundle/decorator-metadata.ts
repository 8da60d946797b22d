import { dirname } from 'node:path'
import { LoadError } from '../errors.js'
import type { Configuration } from './configuration.js'

/** What esbuild calls for each class that has decorators of TypeScript's own, from before there was a standard. */
const DECORATED = '__decorateClass(['

/**
 * Refuses a plugin with decorators that are to get the types of what they decorate: esbuild knows no types, and would
 * leave them out without a word.
 *
 * @param code as esbuild has written it.
 * @param paths absolute paths of the sources.
 * @throws LoadError `BUNDLE`, with the configuration that asks for it.
 */
export function refuseDecoratorMetadata(code: string, paths: readonly string[], { tsconfigOf }: Configuration): void {
  if (!code.includes(DECORATED)) return
  for (const path of paths) {
    const tsconfig = tsconfigOf(dirname(path))
    if (!/\.[cm]?tsx?$/.test(path) || tsconfig?.options.emitDecoratorMetadata !== true) continue
    throw new LoadError('BUNDLE', 'emitDecoratorMetadata is on, and the bundle has no types to emit', {
      place: { file: tsconfig.file },
      hint: 'Turn it off; or, where a decorator needs the types, have tsc compile the plugin, and load what it has written.',
    })
  }
}
