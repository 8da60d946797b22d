import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { served, TOKEN } from '../../admin/test/fixtures/served.js'
import { runCli } from './fixtures/run-cli.js'

it('C4 watch reloads after a change, and goes on after one that is refused', async () => {
  const { host, port } = await served()
  const cwd = await mkdtemp(join(tmpdir(), 'cli-watch-'))
  onTestFinished(() => rm(cwd, { recursive: true }))
  // The host takes the name of a source for its version: so each watch is of a version.
  await mkdir(join(cwd, 'plugins/2.0.0'), { recursive: true })
  const interrupted = new AbortController()
  const env = { UNI_RELOAD_URL: `http://127.0.0.1:${port}`, UNI_RELOAD_TOKEN: TOKEN }
  const watching = runCli(['watch', 'counting', '2.0.0'], { env, cwd, signal: interrupted.signal })
  let edits = 0
  await expect
    .poll(
      async () => {
        await writeFile(join(cwd, 'plugins/2.0.0/index.js'), `${(edits += 1)}`)
        return host.plugins()[0]?.version
      },
      { interval: 200 },
    )
    .toBe('2.0.0')
  interrupted.abort()
  expect(await watching).toMatchObject({ code: 0, out: expect.stringContaining('counting@2.0.0 serves') as string })
})

it('C6 watch of what is not there is a wrong command line', async () => {
  const env = { UNI_RELOAD_TOKEN: TOKEN }
  const { code, err } = await runCli(['watch', 'counting', 'missing'], { env })
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('missing cannot be watched') as string })
})
