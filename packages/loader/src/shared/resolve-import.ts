import { moduleResolve } from 'import-meta-resolve'

/**
 * The URL that `import(specifier)` in a file leads to, as `import.meta.resolve` gives it there: whether or not a file
 * is at the end of a path.
 *
 * @param from URL of the file, which need not exist.
 * @throws Error with Node's `code`, where the specifier leads to no package, or to nothing that it exports.
 */
export function resolveImport(specifier: string, from: string): string {
  try {
    return moduleResolve(specifier, new URL(from), conditions()).href
  } catch (error) {
    const { code, url } = error as { readonly code?: unknown; readonly url?: unknown }
    const isPath = code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT'
    if (isPath && typeof url === 'string') return url
    throw error
  }
}

/**
 * Those of Node's imports (https://nodejs.org/api/packages.html#conditional-exports), and those that it was started
 * with.
 */
function conditions(): Set<string> {
  const given = [...(process.env['NODE_OPTIONS']?.split(/\s+/) ?? []), ...process.execArgv].flatMap(
    (option, at, all) => {
      const [, value] = /^(?:--conditions|-C)=(.*)$/.exec(option) ?? []
      return option === '--conditions' || option === '-C' ? [all[at + 1] ?? ''] : (value ?? [])
    },
  )
  const synchronous = process.features.require_module ? ['module-sync'] : []
  return new Set(['node', 'import', 'node-addons', ...synchronous, ...given])
}
