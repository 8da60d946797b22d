import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { served, TOKEN, type Served } from '../../admin/test/fixtures/served.js'
import { runCli, type Ran } from './fixtures/run-cli.js'

async function host(): Promise<Served & { cli(...args: string[]): Promise<Ran>; env: Record<string, string> }> {
  const made = await served()
  const env = { UNI_RELOAD_URL: `http://127.0.0.1:${made.port}`, UNI_RELOAD_TOKEN: TOKEN }
  return { ...made, env, cli: (...args) => runCli(args, { env }) }
}

describe('uni-reload at a host', () => {
  it('C1 says whether everything serves, by its exit code too', async () => {
    const { cli, host: own } = await host()
    expect(await cli('status')).toEqual({ code: 0, out: 'serves\nresources: 1 serving\n', err: '' })
    own.resources = () => [{ surface: 's', name: 'r', key: 'k', plugin: 'p@1.0.0', state: 'halted', waiting: 0 }]
    expect(await cli('status')).toEqual({
      code: 1,
      out: 'does not all serve\n  s "r" of p@1.0.0 is halted\nresources: 1 halted\n',
      err: '',
    })
  })

  it('C1 lists plugins, and what holds them longest', async () => {
    const { cli, host: own } = await host()
    const lease = own.capture({ label: 'a long query' })
    const { out } = await cli('plugins')
    lease[Symbol.dispose]()
    expect(out.replaceAll(/ for \d+ ms/g, ' for a while')).toBe(
      'plugin    version  generation  state   permanent  held by\n' +
        'counting  1.0.0    0           active  yes        1 leases, a long query for a while\n',
    )
  })

  it('C2 reloads, tries, takes back, makes permanent and removes', async () => {
    const { cli, host: own } = await host()
    const version = (): string | undefined => own.plugins().find(({ state }) => state !== 'retired')?.version
    expect((await cli('dry-run', 'counting', '2.0.0')).out).toMatch(/^counting@2\.0\.0 would serve, /)
    expect(version()).toBe('1.0.0')
    expect((await cli('reload', 'counting', '2.0.0', '--bake', '60000')).out).toMatch(/^counting@2\.0\.0 serves, /)
    expect(await cli('take-back', 'counting')).toMatchObject({ code: 0, out: 'counting: taken-back\n' })
    expect(version()).toBe('1.0.0')
    await cli('reload', 'counting', '3.0.0', '--bake', '60000')
    expect((await cli('make-permanent', 'counting')).out).toBe('counting@3.0.0 is permanent\n')
    expect((await cli('remove', 'counting', '--on-orphan', 'close')).out).toBe('counting is removed\n')
    expect(version()).toBeUndefined()
  })

  it('C2 sends a package', async () => {
    const { env, host: own } = await host()
    const cwd = await mkdtemp(join(tmpdir(), 'cli-'))
    onTestFinished(() => rm(cwd, { recursive: true }))
    await writeFile(join(cwd, 'counting.tgz'), '2.0.0')
    expect(await runCli(['reload', 'counting', 'counting.tgz'], { env, cwd })).toMatchObject({ code: 0 })
    expect(own.plugins()).toMatchObject([{ version: '2.0.0' }])
    expect(await runCli(['reload', 'counting', 'missing.tgz'], { env, cwd })).toMatchObject({ code: 2 })
  })

  it('C3 says why a version is refused, and that is exit code 1', async () => {
    const { cli, host: own } = await host()
    const refused = await cli('reload', 'counting', '2.0.0!')
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('SCHEMA_INCOMPAT (plugin "counting@2.0.0", visits "visits"')
    expect(own.plugins()).toMatchObject([{ version: '1.0.0' }])
    const json = await cli('reload', 'counting', '2.0.0!', '--json')
    expect(JSON.parse(json.out)).toMatchObject({ exitCode: 1, details: { code: 'SCHEMA_INCOMPAT' } })
  })

  it('C3 overrules a judgement by surface, key and reason', async () => {
    const { cli } = await host()
    expect((await cli('dry-run', 'counting', '2.0.0', '--accept', 'visits')).code).toBe(2)
    const accepted = await cli(
      'dry-run',
      'counting',
      '2.0.0',
      '--accept',
      'visits/visits=we have counted again',
      '--json',
    )
    expect(JSON.parse(accepted.out)).toMatchObject({ report: { unneeded: ['visits "visits"'] } })
  })

  it('C4 follows events, and goes on after one', async () => {
    const { env, host: own, post } = await host()
    await post('/v1/plugins/counting/reload', { path: '2.0.0' })
    await expect.poll(() => own.plugins().length).toBe(1)
    const seen = (args: string[], until: string): Promise<Ran> => {
      const interrupted = new AbortController()
      const onOut = (out: string): void => {
        if (out.includes(until)) interrupted.abort()
      }
      return runCli(args, { env, signal: interrupted.signal, onOut })
    }
    const all = await seen(['events', '--after', '0'], '#2  counting@2.0.0  committed')
    expect(all).toMatchObject({ code: 0, err: '' })
    expect(all.out).toMatch(/^#1 {2}counting@1\.0\.0 {2}validate started\n/)
    const json = await seen(['events', '--after', '0', '--json'], '"committed"')
    expect(JSON.parse(json.out.split('\n')[0] as string)).toMatchObject({
      id: '1',
      type: 'phase-started',
      phase: 'validate',
    })
  })

  it('C4 shows plugins, resources and operations again and again', async () => {
    const { env } = await host()
    const interrupted = new AbortController()
    const onOut = (out: string): void => {
      if (out.split('#1').length > 2) interrupted.abort()
    }
    const { code, out } = await runCli(['top', '--every', '1'], { env, signal: interrupted.signal, onOut })
    expect(code).toBe(0)
    expect(out).toContain('resources: 1 serving')
    expect(out).toContain('#1  install  counting@1.0.0  committed')
  })

  it('C5 shows progress on a terminal, and leaves nothing of it', async () => {
    const { env } = await host()
    const { err, out } = await runCli(['reload', 'counting', '2.0.0'], { env, isTerminal: true })
    expect(out).toMatch(/^counting@2\.0\.0 serves, /)
    expect(err.endsWith('\r\u001b[K')).toBe(true)
  })

  it('C6 says where a host should be, and which token, and that is exit code 3', async () => {
    const { env } = await host()
    const nobody = await runCli(['status'], { env: { ...env, UNI_RELOAD_URL: 'http://127.0.0.1:1' } })
    expect(nobody).toMatchObject({ code: 3, err: expect.stringContaining('UNI_RELOAD_URL') as string })
    const stranger = await runCli(['plugins'], { env: { ...env, UNI_RELOAD_TOKEN: 'no' } })
    expect(stranger).toMatchObject({ code: 3, err: expect.stringContaining('--token-file') as string })
  })

  it.each<[string, string[]]>([
    ['no command', []],
    ['an unknown command', ['relaod']],
    ['an unknown option', ['status', '--verbose']],
    ['an argument that is missing', ['reload', 'counting']],
    ['a choice that is none', ['reload', 'counting', '2.0.0', '--cutover', 'Exclusive']],
    ['a token file that is not there', ['plugins', '--token-file', 'missing']],
  ])('C6 a wrong command line is exit code 2: %s', async (_, args) => {
    const { cli } = await host()
    const { code, err, out } = await cli(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err.trim()).not.toBe('')
  })
})
