import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { PluginStore, signPackage, type LoadError, type TrustOptions } from '@uni/reload-loader'
import { describe, expect, it } from 'vitest'
import { openPackage } from '../../src/archive/open-package.js'
import { signedStatement } from '../../src/trust/signature.js'
import type { Integrity } from '../../src/trust/integrity.js'
import { Trust } from '../../src/trust/trust.js'
import { digestOf } from '../../src/digest.js'
import { loadFailure } from '../fixtures/load-failure.js'
import { tgzOf } from '../fixtures/tarball.js'
import { tempFolder } from '../fixtures/temp-folder.js'
import { treeOf } from '../fixtures/tree-of.js'

const inFolder = tempFolder()
const ours = generateKeyPairSync('ed25519')
const theirs = generateKeyPairSync('ed25519')
const PACKED = tgzOf(
  { path: 'package/package.json', content: '{}' },
  { path: 'package/index.js', content: 'module.exports = 1' },
)
const file = (): string => inFolder('plugin.tgz')
const pem = (key: { export(options: object): string | Buffer }, type: string): string =>
  String(key.export({ format: 'pem', type }))

const trusting = (options: Partial<TrustOptions> = {}): Trust =>
  new Trust({ keys: { 'release-1': ours.publicKey }, ...options })

/** What a package that lies there is refused with; nothing is written for it. */
async function refusal(options: Parameters<typeof openPackage>[2]): Promise<LoadError> {
  await using store = await PluginStore.open(inFolder('store'), { journal: 'none' })
  const before = await treeOf(inFolder())
  const error = await loadFailure(openPackage(file(), store, options))
  expect(await treeOf(inFolder())).toEqual(before)
  expect(error.hint).toContain('Nothing of it was run')
  return error
}

async function opens(options: Parameters<typeof openPackage>[2]): Promise<string> {
  await using store = await PluginStore.open(inFolder('store'), { journal: 'none' })
  const { folder } = await openPackage(file(), store, options)
  return await readFile(`${folder}/index.js`, 'utf8')
}

const signed = (privateKey = ours.privateKey, keyId = 'release-1', bytes = PACKED): Promise<void> =>
  writeFile(`${file()}.sig`, JSON.stringify(signPackage(bytes, privateKey, keyId)))

describe('T1 integrity', () => {
  it.each(['sha256', 'sha384', 'sha512'] as const)(
    '%s: the bytes that were asked for, and no others',
    async (algorithm) => {
      await writeFile(file(), PACKED)
      const integrity: Integrity = `${algorithm}-${createHash(algorithm).update(PACKED).digest('base64')}` as Integrity
      expect(await opens({ integrity })).toBe('module.exports = 1')
      await appendFile(file(), '\0')
      const error = await refusal({ integrity })
      expect(error).toMatchObject({ code: 'INTEGRITY', file: file() })
      expect(error.message).toContain(integrity)
      expect(error.message).toContain(
        createHash(algorithm)
          .update(await readFile(file()))
          .digest('base64'),
      )
    },
  )

  it('what is no digest is refused as that', async () => {
    await writeFile(file(), PACKED)
    const digest = digestOf(PACKED)
    await using store = await PluginStore.open(inFolder('store'), { journal: 'none' })
    for (const integrity of [
      '',
      'sha256-',
      digest.slice(0, -2),
      digest.replace('256', '512'),
      `${digest} ${digest}`,
      `md5-${digest}`,
    ]) {
      await expect(openPackage(file(), store, { integrity: integrity as Integrity })).rejects.toThrow(TypeError)
    }
  })
})

describe('T2 signatures', () => {
  it('by a key that is trusted, as an object of node:crypto or as PEM', async () => {
    await writeFile(file(), PACKED)
    await writeFile(`${file()}.sig`, JSON.stringify(signPackage(PACKED, pem(ours.privateKey, 'pkcs8'), 'release-1')))
    expect(await opens({ trust: trusting() })).toBe('module.exports = 1')
    expect(await opens({ trust: trusting({ keys: { 'release-1': pem(ours.publicKey, 'spki') } }) })).toBe(
      'module.exports = 1',
    )
  })

  it('of a package that was changed afterwards does not hold', async () => {
    await writeFile(file(), tgzOf({ path: 'package/package.json', content: '{"main":"x"}' }))
    await signed()
    for (const unsigned of ['refuse', 'warn'] as const) {
      const error = await refusal({ trust: trusting({ unsigned }) })
      expect(error).toMatchObject({ code: 'SIGNATURE', file: file() })
      expect(error.message).toContain('key "release-1" does not hold')
    }
  })

  it('by another key under the same id, or of another length, does not hold', async () => {
    await writeFile(file(), PACKED)
    await signed(theirs.privateKey)
    expect((await refusal({ trust: trusting() })).message).toContain('does not hold')
    for (const signature of ['', 'AA==', randomBytes(64).toString('base64'), randomBytes(4096).toString('base64')]) {
      await writeFile(`${file()}.sig`, JSON.stringify({ keyId: 'release-1', signature }))
      expect((await refusal({ trust: trusting() })).message).toContain('does not hold')
    }
  })

  it('by a key that is not trusted, or no longer, is refused, and told which are', async () => {
    await writeFile(file(), PACKED)
    await signed(theirs.privateKey, 'release-2')
    for (const unsigned of ['refuse', 'warn'] as const) {
      const { code, message, hint } = await refusal({ trust: trusting({ unsigned }) })
      expect({ code, trusted: hint?.includes('Trusted are "release-1"') }).toEqual({ code: 'SIGNATURE', trusted: true })
      expect(message).toContain('key "release-2", which is not trusted')
    }
    await signed()
    expect((await refusal({ trust: trusting({ keys: {} }) })).hint).toContain('Trusted are none')
    for (const keyId of ['__proto__', 'constructor']) {
      await signed(ours.privateKey, keyId)
      expect((await refusal({ trust: trusting() })).message).toContain('not trusted')
    }
  })

  it.each([
    ['no JSON', '{'],
    ['another value', '[]'],
    ['no key', '{"signature":"AA=="}'],
    ['null', 'null'],
  ])('that cannot be read is refused, and not taken for none (%s)', async (_, text) => {
    await writeFile(file(), PACKED)
    await writeFile(`${file()}.sig`, text)
    expect(await refusal({ trust: trusting({ unsigned: 'warn' }) })).toMatchObject({
      code: 'SIGNATURE',
      file: `${file()}.sig`,
    })
  })

  it('can be made and looked at with openssl', async () => {
    const statement = signedStatement(digestOf(PACKED))
    await writeFile(inFolder('statement'), statement)
    await writeFile(inFolder('key.pem'), pem(ours.privateKey, 'pkcs8'))
    const made = execFileSync('openssl', [
      'pkeyutl',
      '-sign',
      '-rawin',
      '-inkey',
      inFolder('key.pem'),
      '-in',
      inFolder('statement'),
    ])
    expect(made.toString('base64')).toBe(signPackage(PACKED, ours.privateKey, 'release-1').signature)
    expect(String(statement)).toBe(`uni-reload package signature 1\n${digestOf(PACKED)}\n`)
  })
})

describe('T3 what nobody has signed', () => {
  it('is refused unless the host says otherwise, and then told of', async () => {
    await writeFile(file(), PACKED)
    const error = await refusal({ trust: trusting() })
    expect(error).toMatchObject({ code: 'SIGNATURE', file: file(), hint: expect.stringContaining('signPackage') })
    const told: LoadError[] = []
    expect(await opens({ trust: trusting({ unsigned: 'warn', onUnsigned: (it) => told.push(it) }) })).toBe(
      'module.exports = 1',
    )
    expect(told).toEqual([expect.objectContaining({ code: 'SIGNATURE', file: file() })])
    await signed()
    expect(await opens({ trust: trusting() })).toBe('module.exports = 1')
    await rm(`${file()}.sig`)
    expect(await opens({})).toBe('module.exports = 1')
  })
})

describe('keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  it.each([
    ['a private key', ours.privateKey],
    ['a private key, as PEM', pem(ours.privateKey, 'pkcs8')],
    ['another algorithm', rsa.publicKey],
    ['another algorithm, as PEM', pem(rsa.publicKey, 'spki')],
    ['no key', 'no key'],
    ['X25519', generateKeyPairSync('x25519').publicKey],
  ])('%s is no public key of Ed25519', (_, key) => {
    expect(() => trusting({ keys: { 'release-1': key } })).toThrow(
      /trust\.keys\.release-1: expected a public key of Ed25519/,
    )
  })

  it('a package is signed with a private key of Ed25519', () => {
    for (const key of [ours.publicKey, rsa.privateKey]) expect(() => signPackage(PACKED, key, 'x')).toThrow(TypeError)
    expect(() => signPackage(PACKED, ours.privateKey, '')).toThrow(TypeError)
  })

  it('what is given is checked', () => {
    const unknown: unknown = { keys: {}, unsinged: 'warn' }
    expect(() => new Trust(unknown as TrustOptions)).toThrow(TypeError)
    expect(() => trusting({ unsigned: 'ignore' as 'warn' })).toThrow(/'refuse' or 'warn'/)
  })
})
