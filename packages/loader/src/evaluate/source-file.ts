import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { resolveImport } from '../shared/resolve-import.js'

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
  /** `import` of a name that is computed. */
  readonly import: (specifier: unknown) => Promise<object>
}

/**
 * @param filename absolute.
 * @param importing what an import in that file gives.
 */
export function sourceFile(
  filename: string,
  importing: (specifier: unknown, filename: string) => Promise<object>,
): SourceFile {
  const url = pathToFileURL(filename).href
  const meta = Object.assign(Object.create(null) as object, {
    url,
    filename,
    dirname: dirname(filename),
    main: false,
    resolve: (specifier: string) => resolveImport(specifier, url),
  })
  return {
    meta,
    dirname: dirname(filename),
    filename,
    resolve: createRequire(filename).resolve,
    import: (specifier) => importing(specifier, filename),
  }
}
