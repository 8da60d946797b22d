import { LEAST_UPPER_BOUND, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { pathOfSource } from './map-source.js'

/**
 * What a source says of itself (`import.meta`, `__dirname`, `require.resolve`) is a member of one object per file. esbuild
 * replaces it by the same name in all of them, whose number is then put in: it has the same length, so the source map stays.
 */
const UNNUMBERED = '__uni_file_000__'
export const DEFINE: Readonly<Record<string, string>> = {
  'import.meta': `${UNNUMBERED}.meta`,
  __dirname: `${UNNUMBERED}.dirname`,
  __filename: `${UNNUMBERED}.filename`,
  'require.resolve': `${UNNUMBERED}.resolve`,
}

/**
 * Gives each of these names the number of its file.
 *
 * @returns the code, and what declares the names.
 */
export function numberSourceFiles(code: string, map: string): { readonly code: string; readonly declarations: string } {
  if (!code.includes(UNNUMBERED)) return { code, declarations: '' }
  const trace = new TraceMap(map)
  const numbers = new Map<string, string>()
  const lines = code.split('\n').map((text, at) =>
    text.replaceAll(UNNUMBERED, (_, column: number) => {
      const position = { line: at + 1, column }
      const { source } = originalPositionFor(trace, position)
      const path = source ?? originalPositionFor(trace, { ...position, bias: LEAST_UPPER_BOUND }).source
      if (path === null) throw new Error(`line ${at + 1} of the bundle is of no source`)
      const number = numbers.get(path) ?? numbers.size.toString(36).padStart(3, '0')
      numbers.set(path, number)
      return UNNUMBERED.replace('000', number)
    }),
  )
  const declared = Array.from(
    numbers,
    ([path, number]) =>
      `${UNNUMBERED.replace('000', number)} = __uni_runtime.file(${JSON.stringify(pathOfSource(path))})`,
  )
  return { code: lines.join('\n'), declarations: `const ${declared.join(', ')};` }
}
