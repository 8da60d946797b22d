import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'

it('the example of the README runs as it is printed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'admin-readme-'))
  const before = process.cwd()
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await mkdir(join(directory, 'plugins'))
  await writeFile(
    join(directory, 'plugins/search.mjs'),
    `export default { manifest: { id: 'search', version: '1.0.0' }, register() {} }`,
  )
  process.chdir(directory)
  const { host, server, token } = await import('./fixtures/readme-host.js')
  onTestFinished(async () => {
    process.chdir(before)
    log.mockRestore()
    server.close()
    server.closeAllConnections()
    await host.close()
    await rm(directory, { recursive: true })
  })
  expect(log.mock.calls.flat()).toEqual([expect.stringContaining(token)])
  const installed = await fetch('http://127.0.0.1:7070/v1/plugins', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{ "path": "search.mjs" }',
  })
  expect(await installed.json()).toEqual({ plugin: 'search@1.0.0', generation: 0 })
})
