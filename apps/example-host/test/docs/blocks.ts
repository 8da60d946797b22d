import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

export const ROOT: string = join(import.meta.dirname, '../../../..')

/** One fenced block of a document. */
export interface Block {
  /** From the root of the repository. */
  readonly file: string
  /** Of its first line of text, counted from 1. */
  readonly line: number
  /** What the fence says, such as `ts`; empty where it says nothing. */
  readonly language: string
  readonly lines: readonly string[]
}

/** The documents that users read. */
export async function documents(): Promise<string[]> {
  const docs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
  const packages = (await readdir(join(ROOT, 'packages'))).flatMap((name) => ['README.md', 'SPEC.md'].map((file) => `packages/${name}/${file}`))
  const apps = (await readdir(join(ROOT, 'apps'))).map((name) => `apps/${name}/README.md`).filter((file) => existsSync(join(ROOT, file)))
  return ['README.md', ...docs, ...packages, ...apps].sort()
}

/** @throws Error for a fence that is never closed. */
export async function blocksOf(file: string): Promise<Block[]> {
  const blocks: Block[] = []
  let open: { line: number; language: string; lines: string[] } | undefined
  for (const [at, text] of (await readFile(join(ROOT, file), 'utf8')).split('\n').entries()) {
    const fence = /^```(\S*)/.exec(text)
    if (fence === null) open?.lines.push(text)
    else if (open === undefined) open = { line: at + 2, language: fence[1] ?? '', lines: [] }
    else {
      blocks.push({ file, ...open })
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line - 1}: the block is never closed`)
  return blocks
}

/** A file of the tests. */
export interface Source {
  readonly file: string
  readonly lines: readonly string[]
}

/** The files that tests run: tests themselves, and what the tests of the same package name. */
export async function sourcesThatRun(): Promise<Source[]> {
  const found: Source[] = []
  for (const group of ['packages', 'apps']) {
    for (const name of await readdir(join(ROOT, group))) {
      const sources = await sourcesIn(join(ROOT, group, name, 'test'))
      const tests = sources.filter(({ file }) => IS_TEST.test(file)).flatMap(({ lines }) => lines).join('\n')
      const isNamed = (file: string): boolean => tests.includes((file.split('/').at(-1) ?? file).replace(/\.ts$/, ''))
      found.push(...sources.filter(({ file }) => IS_TEST.test(file) || isNamed(file)))
    }
  }
  return found
}

const IS_TEST = /\.(test|test-d)\.(ts|mjs)$/

async function sourcesIn(directory: string): Promise<Source[]> {
  const names = await readdir(directory, { recursive: true }).catch(() => [])
  const files = names.filter((name) => /\.(ts|mjs)$/.test(name) && !name.includes('node_modules')).map((name) => join(directory, name))
  return Promise.all(files.map(async (file) => ({ file: relative(ROOT, file), lines: (await readFile(file, 'utf8')).split('\n') })))
}
