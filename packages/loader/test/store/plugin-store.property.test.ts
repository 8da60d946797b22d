import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { LoadError, PluginStore, type Hold } from '@uni/reload-loader'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { digestOf, hexOf } from '../../src/digest.js'
import { journaled } from '../fixtures/journaled.js'
import { newFolder } from '../fixtures/temp-folder.js'
import { StoreModel } from './store-model.js'

const NAMED = 'a@1.0.0'
const COLLECT_AFTER = 16
/** A process that has ended. */
const ENDED = spawnSync(process.execPath, ['-e', '']).pid

interface Real {
  readonly folder: string
  readonly stores: PluginStore[]
  /** By store, the folder of its session. */
  readonly sessions: string[]
  /** By store, what it holds. */
  readonly holds: { readonly name: string; readonly hold: Hold }[][]
}

async function open(real: Real, at: number): Promise<void> {
  const sessions = join(real.folder, 'store', 'sessions')
  const before = new Set(await readdir(sessions).catch(() => []))
  real.stores[at] = await PluginStore.open(join(real.folder, 'store'), {
    journal: { file: join(real.folder, 'journal') },
  })
  real.holds[at] = []
  real.sessions[at] = join(sessions, (await readdir(sessions)).find((name) => !before.has(name)) as string)
}

/** What is there has the model's names and code, and files that nothing needs are gone after a collection. */
async function check(model: StoreModel, { folder, stores }: Real, collected: boolean): Promise<void> {
  const versions = await (stores[0] as PluginStore).versions()
  expect(Object.fromEntries(versions.map((it) => [`${it.id}@${it.version}`, it.digest]))).toEqual(
    Object.fromEntries([...model.there].map(([name, code]) => [name, digestOf(code)])),
  )
  if (!collected) return
  const expected = [...new Set(model.there.values())].map((code) => `${hexOf(digestOf(code))}.cjs`)
  expect((await readdir(join(folder, 'store', 'objects'))).toSorted()).toEqual(expected.toSorted())
  expect(await readdir(join(folder, 'store', 'trash'))).toEqual([])
  expect(await readdir(join(folder, 'store', 'sessions'))).toHaveLength(stores.length)
}

type Step = fc.AsyncCommand<StoreModel, Real>

class Put implements Step {
  constructor(
    readonly store: number,
    readonly id: string,
    readonly version: string,
    readonly code: string,
    readonly taken: 'refuse' | 'add-build',
  ) {}
  check = (): boolean => true
  async run(model: StoreModel, real: Real): Promise<void> {
    const { store, id, version, code, taken } = this
    const build = taken === 'refuse' ? undefined : `${id}@${version}+build.${hexOf(digestOf(code)).slice(0, 16)}`
    const as = model.put(store, `${id}@${version}`, code, build)
    try {
      const stored = await (real.stores[store] as PluginStore).put({ id, version, code, taken, notes: {} })
      assert.equal(`${stored.id}@${stored.version}`, as)
      real.holds[store]?.push({ name: as as string, hold: stored.hold })
    } catch (error) {
      if (!LoadError.is(error)) throw error
      assert.equal(as, undefined, error.message)
    }
    await check(model, real, false)
  }
  toString = (): string => `store ${this.store} puts ${this.id}@${this.version} ${this.code} (${this.taken})`
}

class Get implements Step {
  constructor(
    readonly store: number,
    readonly at: number,
  ) {}
  check = (): boolean => true
  async run(model: StoreModel, real: Real): Promise<void> {
    // One that was there, or may never have been.
    const names = [...model.there.keys(), 'a@1.0.0', 'b@2.0.0', 'c@1.0.0']
    const name = names[this.at % names.length] as string
    const [id, version] = name.split('@') as [string, string]
    const expected = model.get(this.store, name)
    const stored = await (real.stores[this.store] as PluginStore).get(id, version)
    assert.equal(stored && String(stored.code), expected)
    if (stored !== undefined) real.holds[this.store]?.push({ name, hold: stored.hold })
  }
  toString = (): string => `store ${this.store} gets ${this.at}`
}

class LetGo implements Step {
  constructor(
    readonly store: number,
    readonly at: number,
  ) {}
  check = (): boolean => true
  async run(model: StoreModel, { holds }: Real): Promise<void> {
    const held = holds[this.store] ?? []
    const [it] = held.splice(this.at % Math.max(1, held.length), 1)
    if (it === undefined) return
    model.letGo(this.store, it.name)
    await it.hold.letGo()
  }
  toString = (): string => `store ${this.store} lets go ${this.at}`
}

class Collect implements Step {
  constructor(readonly store: number) {}
  check = (): boolean => true
  async run(model: StoreModel, real: Real): Promise<void> {
    model.collect(this.store)
    await (real.stores[this.store] as PluginStore).collect()
    await check(model, real, true)
  }
  toString = (): string => `store ${this.store} collects`
}

class Reopen implements Step {
  constructor(
    readonly store: number,
    readonly how: 'closed' | 'killed',
  ) {}
  check = (): boolean => true
  async run(model: StoreModel, real: Real): Promise<void> {
    const store = real.stores[this.store] as PluginStore
    const other = 1 - this.store
    if (this.how === 'closed') await store[Symbol.asyncDispose]()
    else await killed(real.sessions[this.store] as string)
    model.ended(this.store)
    // It is the other one that finds out.
    model.collect(other)
    await (real.stores[other] as PluginStore).collect()
    await open(real, this.store)
    model.opened(this.store)
    await check(model, real, false)
  }
  toString = (): string => `store ${this.store} is ${this.how}, and opened`
}

/** From here on a session is that of a process that has ended. */
async function killed(session: string): Promise<void> {
  await chmod(join(session, 'owner'), 0o600)
  await writeFile(
    join(session, 'owner'),
    JSON.stringify({ pid: ENDED, host: hostname(), since: new Date().toISOString() }),
  )
}

const store = fc.nat({ max: 1 })
const steps: fc.Arbitrary<Step>[] = [
  fc
    .tuple(
      store,
      fc.constantFrom('a', 'b'),
      fc.constantFrom('1.0.0', '2.0.0'),
      fc.constantFrom('x', 'y', 'z'),
      fc.constantFrom('refuse' as const, 'add-build' as const),
    )
    .map((it) => new Put(...it)),
  fc.tuple(store, fc.nat({ max: 12 })).map((it) => new Get(...it)),
  fc.tuple(store, fc.nat({ max: 12 })).map((it) => new LetGo(...it)),
  fc.tuple(store, fc.nat({ max: 12 })).map((it) => new LetGo(...it)),
  store.map((it) => new Collect(it)),
  fc.tuple(store, fc.constantFrom('closed' as const, 'killed' as const)).map((it) => new Reopen(...it)),
]

it('S1 S4 S5 S6 two stores in one folder do what the model does, in any order, whichever is closed or killed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: 'max' }), async (commands) => {
      const folder = await newFolder()
      try {
        await journaled(join(folder, 'journal'), { a: NAMED.slice('a@'.length) })
        const real: Real = { folder, stores: [], sessions: [], holds: [] }
        const model = new StoreModel([NAMED], COLLECT_AFTER)
        for (const at of [0, 1]) {
          await open(real, at)
          model.opened(at)
        }
        await fc.asyncModelRun(() => ({ model, real }), commands)
        await Promise.all(real.stores.map((it) => it[Symbol.asyncDispose]()))
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }),
    { numRuns: Number(process.env['STORE_RUNS'] ?? 20) },
  )
})
