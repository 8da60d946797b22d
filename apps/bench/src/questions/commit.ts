import {
  cleanHandoff,
  defineSurface,
  PluginHost,
  type Plugin,
  type PluginHandle,
  type ReloadEvent,
  type Surface,
} from '@uni/reload-core'
import { KIND, notes, notesHandoff, notesPlugin } from '../crowd/notes.js'
import { compare, nanosecondsPer, PLATFORM, type Contender } from '../measure.js'
import type { Result } from '../result.js'

/** A provider and what it spawns, as empty as can be. */
interface Provider {
  readonly name: string
  open(): object
}

const SURFACES = [10, 1_000, 10_000]
const ASSIGNMENTS = 1_000_000
/** "Committing must cost microseconds": what a query that comes at that moment waits. */
const LIMIT_US = 500
const CROWDS = [
  { size: 10_000, limit: LIMIT_US },
  { size: 100_000, limit: 1000 },
]

/** How long nothing else can run while a reload commits. */
export async function* commit(): AsyncGenerator<Result> {
  for (const size of SURFACES) {
    yield* committing(size, 'surfaces', `Commit ${size.toLocaleString('en')} surfaces, each with a provider`, {
      resources: false,
    })
    yield* committing(
      size,
      'resources',
      `Commit ${size.toLocaleString('en')} surfaces, each with a provider and a live resource`,
      { resources: true },
    )
  }
  yield* committingKeys(10_000)
  for (const { size, limit } of CROWDS) yield* committingCrowd(size, limit)
}

async function* committing(
  size: number,
  what: string,
  question: string,
  { resources }: { resources: boolean },
): AsyncGenerator<Result> {
  const surfaces = Array.from({ length: size }, (_, at): Surface<Provider, object> =>
    defineSurface<Provider, object>({ id: `surface-${at}`, keyOf: ({ name }) => name }),
  )
  const stopwatch = new CommitStopwatch()
  await using host = new PluginHost({
    strategies: surfaces.map((surface) => cleanHandoff(surface, { open: (provider) => provider.open() })),
    observer: (event) => stopwatch.observe(event),
  })
  let handle = await host.add(pluginOf(surfaces))
  if (resources)
    for (const surface of surfaces)
      await host.attach(surface, { name: 'live', key: 'only', open: (provider) => provider.open() })

  yield compare({
    id: `commit/${what}-${size}`,
    question,
    unit: 'µs',
    limit: LIMIT_US,
    rounds: 15,
    withinS: 4,
    async ours() {
      handle = await reloaded(host, handle, pluginOf(surfaces))
      return stopwatch.microseconds
    },
    peers: [onePointer, mapOf(surfaces.map(({ id }) => id))],
  })
}

/** Each with a live resource: as many keys as a plugin with a provider a tenant has. */
async function* committingKeys(size: number): AsyncGenerator<Result> {
  const surface = defineSurface<Provider, object>({ id: 'keys', keyOf: ({ name }) => name })
  const keys = Array.from({ length: size }, (_, at) => `key ${at}`)
  const stopwatch = new CommitStopwatch()
  await using host = new PluginHost({
    strategies: [cleanHandoff(surface, { open: (provider) => provider.open() })],
    observer: (event) => stopwatch.observe(event),
  })
  const plugin = (): Plugin => ({
    manifest: { id: 'bench', version: '1.0.0' },
    register: (registrar) => {
      for (const name of keys) registrar.provide(surface, { name, open: () => ({}) })
    },
  })
  let handle = await host.add(plugin())
  for (const key of keys) await host.attach(surface, { name: key, key, open: (provider) => provider.open() })
  yield compare({
    id: `commit/keys-${size}`,
    unit: 'µs',
    limit: LIMIT_US,
    rounds: 9,
    withinS: 5,
    question: `Commit ${size.toLocaleString('en')} keys of one surface, each with a live resource`,
    async ours() {
      handle = await reloaded(host, handle, plugin())
      return stopwatch.microseconds
    },
    peers: [onePointer, mapOf(keys)],
  })
}

/** Documents that have one provider, moved by pre-copy. */
async function* committingCrowd(size: number, limit: number): AsyncGenerator<Result> {
  const stopwatch = new CommitStopwatch()
  await using host = new PluginHost({ strategies: [notesHandoff()], observer: (event) => stopwatch.observe(event) })
  let handle = await host.add(notesPlugin(1))
  const names = Array.from({ length: size }, (_, at) => `note ${at}`)
  for (const name of names) await host.attach(notes, { name, key: KIND, open: (kind) => kind.open(name, 0) })
  yield compare({
    id: `commit/crowd-${size}`,
    unit: 'µs',
    limit,
    rounds: 9,
    withinS: 8,
    question: `Commit one key with ${size.toLocaleString('en')} live resources`,
    async ours() {
      handle = await reloaded(host, handle, notesPlugin(2))
      return stopwatch.microseconds
    },
    peers: [onePointer, mapOf(names)],
  })
}

async function reloaded(host: PluginHost, handle: PluginHandle, plugin: Plugin): Promise<PluginHandle> {
  const result = await host.reload(handle, plugin)
  await result.finalized
  return result.handle
}

const target: { serving: unknown } = { serving: undefined }
const versions = [{}, {}]
const onePointer: Contender = {
  name: 'one pointer assignment',
  version: PLATFORM.engine,
  run: () =>
    nanosecondsPer(ASSIGNMENTS, (at) => {
      target.serving = versions[at & 1]
      return at
    }) / 1000,
}

function mapOf(names: readonly string[]): Contender {
  return {
    name: 'a Map of them, built by hand',
    version: PLATFORM.engine,
    run: () => nanosecondsPer(1, () => new Map(names.map((name) => [name, name])).size) / 1000,
  }
}

function pluginOf(surfaces: readonly Surface<Provider, object>[]): Plugin {
  const provider: Provider = { name: 'only', open: () => ({}) }
  return {
    manifest: { id: 'bench', version: '1.0.0' },
    register: (registrar) => {
      for (const surface of surfaces) registrar.provide(surface, provider)
    },
  }
}

/** Times the synchronous stretch of a commit: it begins when its phase does, and its last act is to say so. */
class CommitStopwatch {
  microseconds = 0
  #startedAt = 0

  observe(event: ReloadEvent): void {
    if (event.type === 'phase-started' && event.phase === 'commit') this.#startedAt = performance.now()
    if (event.type === 'committed') this.microseconds = (performance.now() - this.#startedAt) * 1000
  }
}
