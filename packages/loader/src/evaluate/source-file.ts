import { createRequire, isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What a source file is told of itself, as if it were run where it lies. */
export interface SourceFile {
  /** `import.meta`. */
  readonly meta: object
  /** `__dirname`. */
  readonly dirname: string
  /** `__filename`. */
  readonly filename: string
  /** `require.resolve`. */
  readonly resolve: NodeJS.RequireResolve
}

/** @param filename absolute. */
export function sourceFile(filename: string): SourceFile {
  const url = pathToFileURL(filename).href
  const { resolve } = createRequire(filename)
  const resolved = (specifier: string): string => {
    if (/^\.{0,2}\/|^[a-z][a-z\d+.-]*:/i.test(specifier)) return new URL(specifier, url).href
    return isBuiltin(specifier) ? `node:${specifier}` : pathToFileURL(resolve(specifier)).href
  }
  const meta = Object.assign(Object.create(null) as object, {
    url,
    filename,
    dirname: dirname(filename),
    main: false,
    resolve: resolved,
  })
  return { meta, dirname: dirname(filename), filename, resolve }
}
