import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminToken, auditFile, pluginLoader } from '@uni/reload-admin/node'
import { describe, expect, it, onTestFinished } from 'vitest'

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'admin-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}
const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777

describe('the token of a host', () => {
  it('A15 is made once, for its owner alone', async () => {
    const file = join(await temporary(), 'data/admin.token')
    const made = await Promise.all([adminToken(file), adminToken(file), adminToken(file)])
    expect(made.filter(({ isNew }) => isNew).length).toBe(1)
    expect(new Set(made.map(({ token }) => token)).size).toBe(1)
    expect(made[0]?.token).toMatch(/^[\w-]{43}$/)
    expect(await modeOf(file)).toBe(0o600)
    expect(await adminToken(file)).toEqual({ token: made[0]?.token, isNew: false })
  })

  it('A15 is refused where the file has none', async () => {
    const file = join(await temporary(), 'admin.token')
    await writeFile(file, 'secret\n')
    await expect(adminToken(file)).rejects.toThrow('has no token of at least 32 characters')
  })
})

it('A4 an audit is appended to a file for its owner alone, a line each', async () => {
  const file = join(await temporary(), 'log/audit.jsonl')
  const audit = auditFile(file)
  const entry = { at: '2026-01-01T00:00:00.000Z', method: 'POST', path: '/v1/plugins', asked: null, status: 201 }
  await audit(entry)
  await audit({ ...entry, status: 422, code: 'PLUGIN' })
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([entry, { ...entry, status: 422, code: 'PLUGIN' }])
  expect(await modeOf(file)).toBe(0o600)
})

describe('the loader of plugins', () => {
  it('A16 takes what is below its folder, and nothing that a path or a link leads to elsewhere', async () => {
    const directory = await temporary()
    const folder = join(directory, 'plugins')
    await mkdir(folder)
    const source = `export default { manifest: { id: 'a', version: '1.0.0' }, register() {} }`
    await writeFile(join(folder, 'a.js'), source)
    await writeFile(join(directory, 'secret.js'), source)
    await symlink(join(directory, 'secret.js'), join(folder, 'link.js'))
    const load = pluginLoader({ folder })
    const path = (name: string) => load({ kind: 'path', path: name }, new AbortController().signal)
    expect((await path('a.js')).manifest).toEqual({ id: 'a', version: '1.0.0' })
    for (const outside of [
      '../secret.js',
      join(directory, 'secret.js'),
      'link.js',
      '.',
      '../missing.js',
      '/etc/passwd',
    ]) {
      await expect(path(outside)).rejects.toThrow('is not below the folder of plugins')
    }
    await expect(path('missing.js')).rejects.toThrow('There is no "missing.js"')
  })
})
