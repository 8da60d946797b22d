import { isBuiltin } from 'node:module'
import { parse } from 'es-module-lexer/minimal/js'

/** The keyword, and so many characters that a name has in its place. */
export const IMPORT = 'import'

/** As the lexer counts the sorts of imports. */
const DYNAMIC = 2

/**
 * Where the keywords are of the imports that are left to the time when the code runs: their names are computed, so
 * nobody knows yet what they lead to. Those of Node's modules, by their names, are none of these.
 *
 * @param code as esbuild has written it.
 */
export function computedImports(code: string): readonly number[] {
  if (!/\bimport\s*\(/.test(code)) return []
  const [imports] = parse(code)
  return imports.filter(({ t, n }) => t === DYNAMIC && !(n !== undefined && isBuiltin(n))).map(({ ss }) => ss)
}
