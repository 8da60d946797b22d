import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RepositoryCopy, type Released } from './repository-copy.js'

const KINDS = readdirSync(join(import.meta.dirname, '../../../packages')).filter((folder) => folder !== 'core')

const versions = (packages: Readonly<Record<string, Released>>): Record<string, string> =>
  Object.fromEntries(Object.entries(packages).map(([name, { version }]) => [name, version]))
const all = (core: string, kinds: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  core,
  ...Object.fromEntries(KINDS.map((kind) => [kind, kinds])),
  ...more,
})

describe('what a release moves, as `changeset version` has it', () => {
  let copy: RepositoryCopy
  let firstRelease: string
  beforeAll(async () => {
    copy = await RepositoryCopy.make()
    if ((await copy.packages())['core']?.version === '0.0.0') await copy.release()
    firstRelease = await copy.head()
  })
  beforeEach(() => copy.goBackTo(firstRelease))
  afterAll(() => copy[Symbol.asyncDispose]())

  it('the first release is 1.0.0 of every package, each with what it is, and each kind works with core ^1.0.0', async () => {
    const packages = await copy.packages()
    expect(versions(packages)).toEqual(all('1.0.0', '1.0.0'))
    for (const kind of KINDS) expect(packages[kind]?.core).toBe('workspace:^1.0.0')
    for (const { changelog } of Object.values(packages))
      expect(changelog).toMatch(/## 1\.0\.0\n\n### Major Changes\n\n- \w+: First release/)
    // Apps are not released, and have no versions to keep up.
    expect((await copy.changed()).filter((file) => file.startsWith('apps/'))).toEqual([])
  })

  it('a minor of core is a minor of core alone, and a fix of core a patch of core alone', async () => {
    await copy.release({ core: 'minor' })
    expect(versions(await copy.packages())).toEqual(all('1.1.0', '1.0.0'))
    expect(await copy.changed()).toEqual(['packages/core/CHANGELOG.md', 'packages/core/package.json'])
    await copy.release({ core: 'minor' }, { core: 'patch' })
    await copy.release({ core: 'patch' })
    expect(versions(await copy.packages())).toEqual(all('1.2.1', '1.0.0'))
    expect(await copy.changed()).toEqual(['packages/core/CHANGELOG.md', 'packages/core/package.json'])
  })

  it('a fix of one kind is one patch of one package, and works with every core that it did before', async () => {
    await copy.release({ core: 'minor' })
    const patched: Record<string, string> = {}
    for (const kind of KINDS) {
      await copy.release({ [kind]: 'patch' })
      patched[kind] = '1.0.1'
      expect(versions(await copy.packages())).toEqual(all('1.1.0', '1.0.0', patched))
      expect(await copy.changed()).toEqual([`packages/${kind}/CHANGELOG.md`, `packages/${kind}/package.json`])
    }
    expect(await copy.packed('cdc')).toMatchObject({
      version: '1.0.1',
      peerDependencies: { '@uni/reload-core': '^1.0.0' },
    })
  })

  it('a break of what core promises moves every kind, and nothing else does', async () => {
    await copy.release({ index: 'major' })
    expect(versions(await copy.packages())).toEqual(all('1.0.0', '1.0.0', { index: '2.0.0' }))
    await copy.release({ core: 'major' })
    const packages = await copy.packages()
    expect(versions(packages)).toEqual(all('2.0.0', '2.0.0', { index: '3.0.0' }))
    for (const kind of KINDS) expect(packages[kind]?.core).toBe('workspace:^2.0.0')
    expect((await copy.packed('crdt')).peerDependencies['@uni/reload-core']).toBe('^2.0.0')
  })
})
