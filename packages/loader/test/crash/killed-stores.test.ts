import { readdir } from 'node:fs/promises'
import { PluginStore } from '@uni/reload-loader'
import { beforeAll, expect, it } from 'vitest'
import { digestOf, hexOf } from '../../src/digest.js'
import { journaled } from '../fixtures/journaled.js'
import { randomFrom } from '../fixtures/random.js'
import { tempFolder } from '../fixtures/temp-folder.js'
import { buildProgram, runProgram, type Ended } from './program.js'

const inFolder = tempFolder()
/** How often a process is killed; 0 is once before each call that may change a file. */
const KILLS = Number(process.env['STORE_KILLS'] ?? 12)
const SEED = Number(process.env['STORE_SEED'] ?? Math.trunc(Date.now() % 1_000_000) + 1)
let one: string
let many: string
beforeAll(async () => {
  one = await buildProgram('one-life')
  many = await buildProgram('many-lives')
})

const open = (folder: string): Promise<PluginStore> =>
  PluginStore.open(`${folder}/store`, { journal: { file: `${folder}/journal` } })

/** A store with a version that a journal names, and another that nobody needs. */
async function begun(folder: string): Promise<void> {
  await journaled(`${folder}/journal`, { keep: '1.0.0' })
  await using store = await open(folder)
  for (const id of ['keep', 'old']) await store.put({ id, version: '1.0.0', code: id, map: `map of ${id}`, notes: {} })
}

/** What has to be there by what was said, by name; and what may be there. */
function expectations({ lines }: Ended): {
  readonly must: Map<string, string>
  readonly may: Map<string, Set<string>>
} {
  const must = new Map([
    ['keep@1.0.0', 'keep'],
    ['old@1.0.0', 'old'],
  ])
  const may = new Map<string, Set<string>>([...must].map(([name, code]) => [name, new Set([code])]))
  for (const line of lines) {
    const [, said, name = '', code = ''] = /^(putting|stored|letting go|collecting|done) ?(\S*) ?(.*)$/.exec(line) ?? []
    if (said === 'putting') {
      // Before the first one, a store collects.
      must.delete('old@1.0.0')
      may.set(name, (may.get(name) ?? new Set()).add(code))
      // From here on it may be replaced, where nobody holds it.
      if (must.get(name) !== code) must.delete(name)
    }
    if (said === 'stored') must.set(name, code)
    if (said === 'letting go') must.delete(name)
  }
  return { must, may }
}

/** Looks at what a killed process has left, then at what is left when nobody needs more than the journal names. */
async function check(folder: string, ended: Ended): Promise<void> {
  const { must, may } = expectations(ended)
  const found = new Map<string, string>()
  {
    await using store = await open(folder)
    for (const { id, version } of await store.versions()) {
      const stored = await store.get(id, version)
      found.set(`${id}@${version}`, String(stored?.code))
      expect(stored?.map && String(stored.map)).toBe(`map of ${String(stored?.code)}`)
      if (stored?.package) expect(await readdir(stored.package.folder, { recursive: true })).toContain('lib/a.js')
    }
  }
  expect(Object.fromEntries(found)).toMatchObject(Object.fromEntries(must))
  for (const [name, code] of found) expect([...(may.get(name) ?? [])]).toContain(code)
  await using store = await open(folder)
  expect((await store.collect()).kept).toBe(1)
  await expectOnlyKept(folder)
  expect(String((await store.get('keep', '1.0.0'))?.code)).toBe('keep')
}

async function expectOnlyKept(folder: string): Promise<void> {
  const names = async (path: string): Promise<string[]> => (await readdir(`${folder}/store/${path}`)).toSorted()
  expect(await names('')).toEqual([
    'format',
    'journals',
    'lock',
    'objects',
    'packages',
    'sessions',
    'trash',
    'versions',
  ])
  expect(await names('objects')).toEqual(
    [`${hexOf(digestOf('keep'))}.cjs`, `${hexOf(digestOf('map of keep'))}.map`].toSorted(),
  )
  expect(await names('versions')).toHaveLength(1)
  expect(await names('sessions')).toHaveLength(1)
  expect(await names('journals')).toHaveLength(1)
  for (const path of ['packages', 'trash', 'lock']) expect(await names(path)).toEqual([])
}

/** How many calls that may change files a life took that went on to its end. */
function callsOf({ lines }: Ended): number {
  return Number(/^done (\d+)$/.exec(lines.at(-1) ?? '')?.[1])
}

it(`S1 S6 a process that is killed at ${KILLS || 'all'} of its steps leaves the old state or the new one (STORE_SEED=${SEED})`, async () => {
  await begun(inFolder('whole'))
  const whole = await runProgram(one, inFolder('whole'))
  expect(whole).toMatchObject({ end: 'exit code 0', complaints: '' })
  const calls = callsOf(whole)
  expect(calls).toBeGreaterThan(60)
  await check(inFolder('whole'), whole)
  const step = KILLS === 0 ? 1 : calls / KILLS
  for (let at = KILLS === 0 ? 1 : 1 + (SEED % step); at < calls; at += step) {
    const folder = inFolder(`killed-${Math.floor(at)}`)
    await begun(folder)
    const ended = await runProgram(one, folder, `${Math.floor(at)}`)
    expect(ended).toMatchObject({ end: 'SIGKILL', complaints: '' })
    await check(folder, ended)
  }
})

it(`S5 S6 several processes at once, which are killed, lose nothing that one of them holds (STORE_SEED=${SEED})`, async () => {
  await begun(inFolder('shared'))
  const random = randomFrom(SEED)
  const live = (die: number): Promise<Ended> =>
    runProgram(many, inFolder('shared'), `${random(2 ** 31)}`, `${die}`, '12')
  const whole = await live(0)
  const calls = callsOf(whole)
  expect(calls).toBeGreaterThan(60)
  const lives = await Promise.all(
    [0, 1, 2].map(async () => {
      const ends: Ended[] = []
      for (let life = 0; life < 3; life += 1) ends.push(await live(1 + random(calls)))
      return ends
    }),
  )
  const ended = [whole, ...lives.flat()]
  expect(ended.map(({ complaints }) => complaints).join('')).toBe('')
  expect(ended.filter(({ end }) => end === 'SIGKILL').length).toBeGreaterThan(0)
  // What one does takes more calls or fewer, as the others let it: it may be over before it was to be killed.
  expect(new Set(ended.map(({ end }) => end))).toEqual(new Set(['SIGKILL', 'exit code 0']))
  await using store = await open(inFolder('shared'))
  await store.collect()
  expect((await store.versions()).map(({ id }) => id)).toEqual(['keep'])
  await expectOnlyKept(inFolder('shared'))
})
