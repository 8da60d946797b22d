import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { reloadFastify } from '@uni/reload-fastify'

const routes = (version: string): string => `
import { memoryState } from '@uni/reload-fastify'
export const state = { counts: memoryState({ initial: () => 0, apply: (value, by) => value + by, migrate: (value) => value }) }
export default async (fastify: { get(path: string, handler: () => unknown): void; counts: { write(by: number): Promise<void>; read<T>(look: (value: number) => T): Promise<T> } }) => {
  fastify.get('/', async () => {
    await fastify.counts.write(1)
    return { version: '${version}', count: await fastify.counts.read((value) => value) }
  })
}`

/** A file of routes, which is there for the length of a test. */
async function routesFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'routes-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'routes.ts')
  await writeFile(file, routes('v1'))
  return file
}

it('F10: a file of routes is reloaded when it changes, with its state; what is broken is told, and v1 goes on', async () => {
  const file = await routesFile()
  const told: string[] = []
  await using app = await reloadFastify({
    plugins: [file],
    watch: { debounceMs: 1, observer: (event, id) => void told.push(`${id} ${event.type}`) },
  })
  expect((await app.inject('/')).json()).toEqual({ version: 'v1', count: 1 })
  await writeFile(file, 'export default 17')
  await expect.poll(() => told).toContain('routes failed')
  expect((await app.inject('/')).json()).toEqual({ version: 'v1', count: 2 })
  await writeFile(file, routes('v2'))
  await expect.poll(() => told).toContain('routes reloaded')
  expect((await app.inject('/')).json()).toEqual({ version: 'v2', count: 3 })
})

it('F10: without a watch, a reload loads what is in the file then', async () => {
  const file = await routesFile()
  await using app = await reloadFastify({ plugins: [file] })
  await writeFile(file, routes('v2'))
  expect((await app.inject('/')).json()).toEqual({ version: 'v1', count: 1 })
  await app.reload('routes')
  expect((await app.inject('/')).json()).toEqual({ version: 'v2', count: 2 })
})

it.each([true, false])('F7 F10: where a file cannot be loaded there is no app (watch: %s)', async (watch) => {
  const file = await routesFile()
  await writeFile(file, 'export default 17')
  await expect(reloadFastify({ plugins: [file], watch })).rejects.toThrow('expected a Fastify plugin as default export')
})
