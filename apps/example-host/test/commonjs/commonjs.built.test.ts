import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Vector } from 'apache-arrow'
import { describe, expect, it } from 'vitest'

const PACKAGES = join(import.meta.dirname, '../../../../packages')

describe('CommonJS', () => {
  it('requires every entry of every package, and gets what an import gets', async () => {
    const entries = await entriesOfAll()
    expect(entries).toEqual(expect.arrayContaining(['@uni/reload-core/surfaces', '@uni/reload-cdc/node']))
    const { required, imported } = await run<Record<'required' | 'imported', Record<string, string[]>>>(
      '--eval',
      `const entries = ${JSON.stringify(entries)}
       const required = Object.fromEntries(entries.map((entry) => [entry, require(entry)]))
       const names = (modules) => Object.fromEntries(modules.map(([entry, module]) => [entry, Object.keys(module)]))
       Promise.all(entries.map(async (entry) => [entry, await import(entry)])).then((imported) => {
         for (const [entry, module] of imported) {
           for (const name of Object.keys(module)) {
             if (module[name] !== required[entry][name]) throw new Error(entry + ' was evaluated twice')
           }
         }
         console.log(JSON.stringify({ required: names(Object.entries(required)), imported: names(imported) }))
       })`,
    )
    expect(required).toEqual(imported)
  })

  it('hosts plugins of every kind, with the copy of Arrow that it requires, and replaces each under writes', async () => {
    const required = createRequire(import.meta.url)('apache-arrow') as { Vector: unknown }
    expect(required.Vector).not.toBe(Vector)
    expect(await run(join(import.meta.dirname, 'host.cjs'))).toEqual({
      verdicts: [
        ['scalar-fn', { level: 'compatible' }],
        ['index-kind', { level: 'compatible' }],
        ['crdt-kind', { level: 'compatible' }],
        ['logical-type', { level: 'compatible' }],
        ['cdc-output', { level: 'compatible' }],
      ],
      greeting: 'Hello, by 2.0.0',
      found: ['a quick fox', 'another fox'],
      note: 'Hello',
      point: '5,6',
      stored: ['first, by 1.0.0', 'second, by 2.0.0'],
    })
  })
})

async function entriesOfAll(): Promise<string[]> {
  const folders = await readdir(PACKAGES)
  const entries = await Promise.all(
    folders.map(async (folder) => {
      const { name, exports } = JSON.parse(await readFile(join(PACKAGES, folder, 'package.json'), 'utf8')) as {
        name: string
        exports: Record<string, string | object>
      }
      return Object.keys(exports).flatMap((path) => (path.endsWith('.json') ? [] : [join(name, path)]))
    }),
  )
  return entries.flat()
}

async function run<T>(...args: string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  return JSON.parse(stdout) as T
}
