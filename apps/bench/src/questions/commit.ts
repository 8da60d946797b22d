import { cleanHandoff, defineSurface, PluginHost, type Plugin, type ReloadEvent, type Surface } from '@uni/reload-core'
import { compare, nanosecondsPer, PLATFORM } from '../measure.js'
import type { Result } from '../result.js'

/** A provider and what it spawns, as empty as can be. */
interface Provider { readonly name: string; open(): object }

const SIZES = [10, 1_000, 10_000]
const ASSIGNMENTS = 1_000_000
/** "Committing must cost microseconds": what a query that comes at that moment waits, a thousand of them. */
const LIMIT_US = 1000

/** How long nothing else can run while a reload commits. */
export async function* commit(): AsyncGenerator<Result> {
  for (const size of SIZES) {
    yield* committing(size, 'surfaces', `Commit ${size.toLocaleString('en')} surfaces, each with a provider`, { resources: false })
    yield* committing(size, 'resources', `Commit ${size.toLocaleString('en')} surfaces, each with a provider and a live resource`, { resources: true })
  }
}

async function* committing(size: number, what: string, question: string, { resources }: { resources: boolean }): AsyncGenerator<Result> {
  const surfaces = Array.from({ length: size }, (_, at): Surface<Provider, object> =>
    defineSurface<Provider, object>({ id: `surface-${at}`, keyOf: ({ name }) => name }))
  const stopwatch = new CommitStopwatch()
  await using host = new PluginHost({
    strategies: surfaces.map((surface) => cleanHandoff(surface, { open: (provider) => provider.open() })),
    observer: (event) => stopwatch.observe(event),
  })
  let handle = await host.add(pluginOf(surfaces))
  if (resources) for (const surface of surfaces) await host.attach(surface, { name: 'live', key: 'only', open: (provider) => provider.open() })

  const target: { serving: unknown } = { serving: undefined }
  const versions = [{}, {}]
  yield compare({
    id: `commit/${what}-${size}`, question, unit: 'µs', limit: LIMIT_US, rounds: size > 1000 ? 3 : 15,
    async ours() {
      const result = await host.reload(handle, pluginOf(surfaces))
      handle = result.handle
      await result.finalized
      return stopwatch.microseconds
    },
    peers: [{
      name: 'one pointer assignment', version: PLATFORM.engine,
      run: () => nanosecondsPer(ASSIGNMENTS, (at) => {
        target.serving = versions[at & 1]
        return at
      }) / 1000,
    }, {
      name: 'a Map of them, built by hand', version: PLATFORM.engine,
      run: () => nanosecondsPer(1, () => new Map(surfaces.map((surface) => [surface.id, surface])).size) / 1000,
    }],
  })
}

function pluginOf(surfaces: readonly Surface<Provider, object>[]): Plugin {
  const provider: Provider = { name: 'only', open: () => ({}) }
  return {
    manifest: { id: 'bench', version: '1.0.0' },
    register: (registrar) => { for (const surface of surfaces) registrar.provide(surface, provider) },
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
