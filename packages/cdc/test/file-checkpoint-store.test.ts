import { fc } from '@fast-check/vitest'
import { createHash } from 'node:crypto'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileOfStream } from '../src/node/file-of-stream.js'
import { FileCheckpointStore } from '../src/node/index.js'
import { failure } from './support/dispatch.js'
import { turn } from './support/host.js'

describe('FileCheckpointStore', () => {
  let directory: string
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'cdc-')), 'checkpoints')
  })
  afterEach(() => rm(join(directory, '..'), { recursive: true }))

  it('C16 gives back what was saved, after a restart too', async () => {
    const store = new FileCheckpointStore(directory)
    expect(await store.load('orders')).toBeUndefined()
    await store.save('orders', 2n ** 70n)
    await store.save('customers', 0n)
    const restarted = new FileCheckpointStore(directory)
    expect({ orders: await restarted.load('orders'), customers: await restarted.load('customers') }).toEqual({
      orders: 2n ** 70n,
      customers: 0n,
    })
  })

  it('C16 keeps the last of many saves made at once, and no temporary file', async () => {
    const store = new FileCheckpointStore(directory)
    await Promise.all(Array.from({ length: 20 }, (_, lsn) => store.save('orders', BigInt(lsn))))
    expect(await store.load('orders')).toBe(19n)
    expect(await readdir(directory)).toEqual(['cdc-orders.json'])
  })

  it('C16 keeps the last save, also where it is made when one before it has settled, and another has not', async () => {
    const store = new FileCheckpointStore(directory)
    for (let lsn = 0n; lsn < 30n; lsn += 3n) {
      const [first, second] = [store.save('orders', lsn), store.save('orders', lsn + 1n)]
      await first
      await turn()
      await Promise.all([second, store.save('orders', lsn + 2n)])
      expect(await store.load('orders')).toBe(lsn + 2n)
    }
  })

  it.each(['../escape', 'a/b', 'Orders', 'ORDERS', '', '.', 'über', 'a b', 'con'])(
    'C16 keeps the stream %j apart from all others, inside its directory',
    async (name) => {
      const store = new FileCheckpointStore(directory)
      await store.save('orders', 1n)
      await store.save(name, 7n)
      expect({ orders: await store.load('orders'), other: await store.load(name) }).toEqual({ orders: 1n, other: 7n })
      const files = await readdir(directory)
      expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(2)
    },
  )

  it.each<[string, string]>([
    ['41 Cyrillic characters', 'ж'.repeat(41)],
    ['28 Chinese characters', '流'.repeat(28)],
    ['242 letters', 'a'.repeat(242)],
    ['243 letters', 'a'.repeat(243)],
    ['246 letters', 'a'.repeat(246)],
    ['100,000 letters', 'a'.repeat(100_000)],
    ['half a surrogate pair', 'a\uD800'],
    ['the other half', '\uDC00a'],
    ['NUL', 'a\0b'],
    ['dots', '..'],
    ['a device of Windows', 'nul'],
    ['a drive', 'c:'],
  ])('C16 saves and loads a name of %s', async (_, name) => {
    await new FileCheckpointStore(directory).save(name, 7n)
    await new FileCheckpointStore(directory).save(name, 8n)
    expect(await new FileCheckpointStore(directory).load(name)).toBe(8n)
    const files = await readdir(directory)
    expect(files).toHaveLength(1)
    expect(files[0]).toMatch(/^cdc-[a-z0-9%_~-]+\.json$/)
  })

  it('C16 keeps names apart that differ in half a surrogate pair, in composition, or far behind', async () => {
    const names = [
      'a\uD800',
      'a\uD801',
      'a\uFFFD',
      'a\uDC00',
      '\u00e9',
      'e\u0301',
      `${'a'.repeat(300)}b`,
      `${'a'.repeat(300)}B`,
      `~${'a'.repeat(64)}`,
    ]
    const store = new FileCheckpointStore(directory)
    for (const [at, name] of names.entries()) await store.save(name, BigInt(at))
    const restarted = new FileCheckpointStore(directory)
    expect(await Promise.all(names.map((name) => restarted.load(name)))).toEqual(names.map((_, at) => BigInt(at)))
    expect(new Set((await readdir(directory)).map((file) => file.toLowerCase())).size).toBe(names.length)
  })

  it('C16 keeps any two names apart', async () => {
    const anyName = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.nat(0xffff), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
    )
    await fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        expect(fileOfStream(one)).toMatch(/^cdc-[a-z0-9%_~-]{0,242}\.json$/)
        expect(fileOfStream(one) === fileOfStream(other)).toBe(one === other)
      }),
    )
  })

  it('C16 finds what version 1 saved under a name with half a surrogate pair, for that name only', async () => {
    const first = join(directory, 'cdc-a%ef%bf%bd.json')
    const store = new FileCheckpointStore(directory)
    await store.save('a\uFFFD', 0n)
    const sha256 = createHash('sha256')
      .update(JSON.stringify(['a\uD800', '5']))
      .digest('hex')
    await writeFile(first, JSON.stringify({ stream: 'a\uD800', lsn: '5', sha256 }))
    expect(await store.load('a\uD800')).toBe(5n)
    expect(await store.load('a\uD801')).toBeUndefined()
    await store.save('a\uD800', 6n)
    await store.save('a\uFFFD', 1n)
    expect(await store.load('a\uD800')).toBe(6n)
    expect(await store.load('a\uFFFD')).toBe(1n)
  })

  it('C16 survives a temporary file that a crash has torn', async () => {
    const store = new FileCheckpointStore(directory)
    await store.save('orders', 5n)
    await writeFile(join(directory, 'cdc-orders.json.new'), '{"stream":"orders","lsn":"9'.repeat(20))
    expect(await new FileCheckpointStore(directory).load('orders')).toBe(5n)
    await store.save('orders', 6n)
    expect(await store.load('orders')).toBe(6n)
    expect(await readdir(directory)).toEqual(['cdc-orders.json'])
  })

  it.each<[string, (saved: string) => string, string]>([
    ['cut short', (saved) => saved.slice(0, 20), 'not JSON'],
    ['empty', () => '', 'not JSON'],
    ['changed in one digit', (saved) => saved.replace('"1234"', '"1235"'), 'checksum'],
    ["another stream's", (saved) => saved.replace('orders', 'orderz'), 'does not belong'],
    ['without an LSN', (saved) => saved.replace('"1234"', '1234'), 'not a decimal number'],
    ['null', () => 'null', 'does not belong'],
  ])('C16 never trusts a file that is %s', async (_, damage, message) => {
    const store = new FileCheckpointStore(directory)
    await store.save('orders', 1234n)
    const file = join(directory, 'cdc-orders.json')
    await writeFile(file, damage(await readFile(file, 'utf8')))
    const error = await failure(store.load('orders'))
    expect(error).toMatchObject({ code: 'CHECKPOINT_STORE', retryable: false })
    expect((error as Error).message).toContain(message)
  })

  it('C16 reads what the first version wrote', async () => {
    const first = new FileCheckpointStore(join(import.meta.dirname, 'golden/checkpoints-1'))
    expect(await first.load('orders')).toBe(2n ** 63n + 25n)
  })

  it.skipIf(process.platform === 'win32')(
    'C16 writes to where a link leads, and keeps the mode of the file',
    async () => {
      const store = new FileCheckpointStore(directory)
      await store.save('orders', 1n)
      const [file, target] = [join(directory, 'cdc-orders.json'), join(directory, '..', 'elsewhere.json')]
      await rename(file, target)
      await symlink(target, file)
      await chmod(target, 0o600)
      await store.save('orders', 2n)
      expect({
        linksTo: await readlink(file),
        mode: (await stat(target)).mode & 0o777,
        checkpoint: await new FileCheckpointStore(directory).load('orders'),
      }).toEqual({ linksTo: target, mode: 0o600, checkpoint: 2n })
    },
  )

  it('C16 says which file cannot be read, and that it may be later', async () => {
    await mkdir(join(directory, 'cdc-orders.json'), { recursive: true })
    const store = new FileCheckpointStore(directory)
    for (const failed of [failure(store.load('orders')), failure(store.save('orders', 1n))]) {
      expect(await failed).toMatchObject({
        code: 'CHECKPOINT_IO',
        retryable: true,
        message: expect.stringContaining(`${join(directory, 'cdc-orders.json')} cannot be `) as string,
        cause: { code: 'EISDIR' },
      })
    }
  })

  it('C16 goes on saving after a save that failed', async () => {
    await writeFile(directory, 'in the way')
    const store = new FileCheckpointStore(directory)
    expect(await failure(store.save('orders', 1n))).toMatchObject({ code: 'CHECKPOINT_IO', retryable: true })
    await rm(directory)
    await store.save('orders', 2n)
    expect(await store.load('orders')).toBe(2n)
  })
})
