import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse, toJson } from 'tsconfck'
import { isFile } from '../look-at.js'
import { refuseUnreadable, whyUnreadable } from './unreadable.js'

/** A `tsconfig.json`, with what it extends. */
export interface Tsconfig {
  /** Its absolute path. */
  readonly file: string
  /** Absolute paths of what it extends, in any number of steps. */
  readonly bases: readonly string[]
  /** What it, and these, extend: each specifier, and the file that names it. */
  readonly extended: readonly { readonly by: string; readonly specifier: string }[]
  /** Of its compiler options, those that are read here. Nothing of them has been checked. */
  readonly options: { readonly emitDecoratorMetadata?: unknown; readonly baseUrl?: unknown; readonly paths?: unknown }
}

/**
 * @param file absolute path. What cannot be read has no options: esbuild, which reads it as well, says what is wrong.
 */
export async function readTsconfig(file: string): Promise<Tsconfig> {
  try {
    // What cannot be read to an end would be waited for.
    for (const base of pathsExtended(file)) refuseUnreadable(base)
    const { tsconfig, extended = [] } = await parse(file)
    const { compilerOptions } = tsconfig as { readonly compilerOptions?: Tsconfig['options'] | null }
    return {
      file,
      bases: extended.map(({ tsconfigFile }) => resolve(tsconfigFile)).filter((base) => base !== file),
      extended: extended.flatMap(({ tsconfigFile, tsconfig: it }) => {
        return specifiersOf(it).map((specifier) => ({ by: tsconfigFile, specifier }))
      }),
      options: compilerOptions ?? {},
    }
  } catch {
    return { file, bases: [], extended: [], options: {} }
  }
}

/**
 * Where that may be which a `tsconfig.json` extends by a path, in any number of steps: absolute paths, which need not
 * exist. Nothing but files is read.
 */
export function pathsExtended(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  if (!isFile(file) || whyUnreadable(file) !== undefined) return seen
  for (const specifier of specifiersIn(file)) {
    if (!/^(?:\.{1,2})?\//.test(specifier)) continue
    const path = resolve(dirname(file), specifier)
    for (const base of [path, `${path}.json`]) pathsExtended(base, seen)
  }
  return seen
}

function specifiersIn(file: string): readonly string[] {
  try {
    const content: unknown = JSON.parse(toJson(readFileSync(file, 'utf8')))
    return specifiersOf(content)
  } catch {
    // It is for esbuild to say.
    return []
  }
}

function specifiersOf(content: unknown): readonly string[] {
  const { extends: said } = content as { readonly extends?: unknown }
  const specifiers = (Array.isArray(said) ? said : [said]) as readonly unknown[]
  return specifiers.filter((specifier) => typeof specifier === 'string')
}

/** Where `paths` and `baseUrl` of a configuration have an import lead to: absolute paths, with or without extension. */
export function mappedPaths({ file, bases, options }: Tsconfig, specifier: string): readonly string[] {
  const folders = [file, ...bases].map((path) => dirname(path))
  const { baseUrl, paths } = options
  const base = typeof baseUrl === 'string' ? [resolve(dirname(file), baseUrl)] : []
  const mapped = Object.entries(typeof paths === 'object' && paths !== null ? paths : {}).flatMap(
    ([pattern, targets]) =>
      (Array.isArray(targets) ? (targets as readonly unknown[]) : []).flatMap((target) => {
        const matched = matching(pattern, specifier)
        if (matched === undefined || typeof target !== 'string') return []
        // Which of these files has written it down does not matter to whoever looks for what may come.
        return [...base, ...folders].map((folder) =>
          resolve(
            folder,
            target.replace('*', () => matched),
          ),
        )
      }),
  )
  return [...base.map((folder) => resolve(folder, specifier)), ...mapped]
}

/** What the asterisk of a pattern stands for. */
function matching(pattern: string, specifier: string): string | undefined {
  const [before = '', after] = pattern.split('*')
  if (after === undefined) return pattern === specifier ? '' : undefined
  const isLong = specifier.length >= before.length + after.length
  return isLong && specifier.startsWith(before) && specifier.endsWith(after)
    ? specifier.slice(before.length, specifier.length - after.length)
    : undefined
}
