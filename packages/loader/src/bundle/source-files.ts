import { randomBytes } from 'node:crypto'
import { computedImports, IMPORT } from './computed-imports.js'
import { freshNames } from './fresh-names.js'
import type { SourcePlaces } from './source-places.js'

/** Drawn anew in each process, so that no source can have it. */
export const DRAWN = randomBytes(5).toString('hex')

/**
 * What a source says of itself (`import.meta`, `__dirname`, `require.resolve`) is a member of one object per file.
 * esbuild replaces it by the same name in all of them, in the place of which that of the file's object is put: it has
 * the same length, so the source map stays.
 */
export const UNNAMED = `__uni_${DRAWN}`
export const DEFINE: Readonly<Record<string, string>> = {
  'import.meta': `${UNNAMED}.meta`,
  __dirname: `${UNNAMED}.dirname`,
  __filename: `${UNNAMED}.filename`,
  'require.resolve': `${UNNAMED}.resolve`,
}

interface Named {
  readonly code: string
  /** What is to be declared: each name, and what it is. */
  readonly declared: readonly string[]
}

/**
 * Puts names into a bundle's code for the objects of its files, and for what imports in the place of each `import`
 * whose name is computed.
 *
 * @param inputs paths of the files that are in it, as esbuild has them.
 * @param runtime the name of the runtime (`evaluate/runtime.ts`).
 * @param names as long as {@link UNNAMED}, which the code does not have.
 */
export function nameSourceFiles(
  code: string,
  sources: SourcePlaces,
  inputs: Readonly<Record<string, unknown>>,
  runtime: string,
  names: Iterator<string>,
): Named {
  const imports = new Set(computedImports(code))
  const found = [...Array.from(code.matchAll(new RegExp(UNNAMED, 'g')), ({ index }) => index), ...imports]
  if (found.length === 0) return { code, declared: [] }
  const importing = freshNames(code, '$', IMPORT.length)
  const files = new Map<string, string>()
  const importers = new Map<string, string>()
  const declared: string[] = []
  let named = ''
  let end = 0
  for (const index of found.toSorted((one, other) => one - other)) {
    const source = sources.of(index).path
    // Of a file that has a source map of its own, the map says what it was made of, and not where it lies.
    const path = source in inputs ? source : (fileAbove(code, index, inputs) ?? source)
    const file = files.get(path) ?? names.next().value
    if (!files.has(path)) declared.push(`${file} = ${runtime}.file(${JSON.stringify(path)})`)
    files.set(path, file)
    let name = file
    if (imports.has(index)) {
      name = importers.get(path) ?? importing.next().value
      if (!importers.has(path)) declared.push(`${name} = ${file}.import`)
      importers.set(path, name)
    }
    named += code.slice(end, index) + name
    end = index + name.length
  }
  return { code: named + code.slice(end), declared }
}

/** By the comment that esbuild writes before the code of each file. */
function fileAbove(code: string, index: number, inputs: Readonly<Record<string, unknown>>): string | undefined {
  const mark = '\n// '
  for (let at = code.lastIndexOf(mark, index); at !== -1; at = code.lastIndexOf(mark, at - 1)) {
    const path = code.slice(at + mark.length, code.indexOf('\n', at + 1))
    if (path in inputs) return path
  }
  return undefined
}
