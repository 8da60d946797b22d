import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blocksOf, documents, ROOT, sourcesThatRun, type Block } from './blocks.js'
import { notRun } from './excerpt.js'

const BLOCKS = (await Promise.all((await documents()).map(blocksOf))).flat()

async function manifestOf(directory: string): Promise<{ name: string; scripts?: Record<string, string> }> {
  return JSON.parse(await readFile(join(ROOT, directory, 'package.json'), 'utf8')) as { name: string; scripts?: Record<string, string> }
}

describe('the documents', () => {
  it('print no code but what tests compile and run', async () => {
    const sources = await sourcesThatRun()
    const code = BLOCKS.filter(({ language }) => ['ts', 'js', 'json'].includes(language))
    expect(code.length).toBeGreaterThan(20)
    const found = code.map((block) => notRun(block, sources)).filter((problem) => problem !== undefined)
    expect(found.join('\n'), `\n${found.join('\n')}\n`).toBe('')
  })

  it('print commands that there are', async () => {
    const { scripts = {} } = await manifestOf('.')
    const names = new Set(await Promise.all((await readdir(join(ROOT, 'packages'))).map(async (name) => (await manifestOf(`packages/${name}`)).name)))
    const unknown: string[] = []
    for (const { file, line, lines } of BLOCKS.filter(({ language }) => language === 'sh')) {
      for (const [at, text] of lines.entries()) {
        const command = text.replace(/\s+#.*$/, '')
        const script = /\bpnpm(?:@\d+)? (?:run )?([\w:-]+)/.exec(command)?.[1]
        if (script !== undefined && !(script in scripts)) unknown.push(`${file}:${line + at}: package.json has no script ${script}`)
        for (const [name] of command.matchAll(/@uni\/[\w-]+/g)) if (!names.has(name)) unknown.push(`${file}:${line + at}: there is no package ${name}`)
      }
    }
    expect(unknown).toEqual([])
  })

  it('have blocks of no other language: what it is has to be known for it to be run', () => {
    const other = BLOCKS.filter(({ language }) => !['ts', 'js', 'json', 'sh', ''].includes(language)).map(({ file, line, language }) => `${file}:${line}: ${language}`)
    expect(other).toEqual([])
  })
})

describe('a block that no test runs', () => {
  const block = (...lines: string[]): Block => ({ file: 'docs/a.md', line: 7, language: 'ts', lines })
  const source = { file: 'test/a.test.ts', lines: ['it(() => {', '  const one = 1', '', '  use(one)', '})'] }

  it('is found, and where it differs from the one that comes closest is said', () => {
    expect(notRun(block('const one = 1', '', 'use(one)'), [source])).toBeUndefined()
    expect(notRun(block('const one = 1', '', 'use(two)'), [source]))
      .toBe('docs/a.md:9: the document and test/a.test.ts:4 differ, which the block from line 7 on is an excerpt of. Make them alike:\n  document: use(two)\n  test:     use(one)')
    expect(notRun(block('const two = 2'), [source])).toContain('docs/a.md:7: no test runs this block. Put it, as it is printed, into a test')
    expect(notRun(block('const one = 1', '', '  use(one)'), [source])).toContain('docs/a.md:9: the document and')
    expect(notRun(block('one = 1'), [source])).toContain('no test runs this block')
  })
})
