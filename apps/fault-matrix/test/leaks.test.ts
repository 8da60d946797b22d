import { cdcHandoff } from '@uni/reload-cdc'
import { PluginHost, type HandoffStrategy, type LiveResource, type Plugin } from '@uni/reload-core'
import {
  aggregateFnHandoff,
  hookHandoff,
  middlewareHandoff,
  scalarFnHandoff,
  serviceHandoff,
  storageBackendHandoff,
} from '@uni/reload-core/surfaces'
import { ManualClock, type StrategySubject } from '@uni/reload-core/testing'
import { crdtHandoff } from '@uni/reload-crdt'
import { indexHandoff } from '@uni/reload-index'
import { logicalTypeHandoff } from '@uni/reload-logical-type'
import { memoryHandoff } from '@uni/reload-state'
import { describe, expect, it } from 'vitest'
import { leftBy } from '../../../packages/core/test/leaks/leak-watch.js'
import { expectNothingLeft } from '../../../packages/core/test/leaks/no-leaks.js'
import { surfacesOfStrategies } from '../src/strategies.js'
import { aggregateFnSubject } from '../src/subjects/aggregate-fn.js'
import { scheduledJobs } from '../src/subjects/background-job.js'
import { cdcOutputSubject } from '../src/subjects/cdc-output.js'
import { crdtKindSubject } from '../src/subjects/crdt-kind.js'
import { hookSubject } from '../src/subjects/hook.js'
import { indexKindSubject } from '../src/subjects/index-kind.js'
import { logicalTypeSubject } from '../src/subjects/logical-type.js'
import { lists, memorySubject } from '../src/subjects/memory.js'
import { middlewareSubject } from '../src/subjects/middleware.js'
import { scalarFnSubject } from '../src/subjects/scalar-fn.js'
import { serviceSubject } from '../src/subjects/service.js'
import { storageBackendSubject } from '../src/subjects/storage-backend.js'

/** More for the kinds that hand something over, or judge by samples. */
const [FEW, MANY] = [300, 450]
const KEY = 'key'
const NAME = 'main'
/**
 * There is one write in so many reloads: what a resource keeps of each, a few objects, is not to be taken for a leak.
 */
const PER_WRITE = 10
const KEPT_PER_RELOAD = 5 / PER_WRITE

interface Reloading {
  readonly surface: string
  readonly reloads: number
  /** Reloads over and over, and rejects where anything is left of it. */
  run(): Promise<void>
}

function reloading<P extends object, R, W>(
  strategy: HandoffStrategy<P, R, W>,
  subject: StrategySubject<P, R, W>,
  reloads: number,
): Reloading {
  const { surface } = strategy

  async function run(): Promise<void> {
    const clock = new ManualClock()
    const { signal } = new AbortController()
    const host = new PluginHost({ strategies: [strategy], clock })
    const { provider, resources, answer } = await subject.scene({ samples: true })
    const plugin = (version: number): Plugin => ({
      manifest: { id: 'plugin', version: `${version}.0.0` },
      register: (registrar) => {
        registrar.provide(surface, provider(KEY, version))
      },
    })
    const writes: number[] = []
    // Batches are made once, and kept: for twice as many reloads, as there may be more than was planned.
    for (let nth = 0; nth < (2 * reloads) / PER_WRITE; nth += 1) resources?.write(NAME, nth)
    let served = 1
    let serving = plugin(served)
    let handle = await host.add(serving)
    const live: LiveResource<R, W> | undefined =
      resources && (await host.attach(surface, { name: NAME, key: KEY, open: (open) => resources.open(open, NAME) }))

    function write(): Promise<void> | undefined {
      writes.push(writes.length)
      return resources && live?.write(resources.write(NAME, writes.length - 1))
    }

    async function reload(nth: number, gone: (object: object) => void): Promise<void> {
      served = nth + 2
      const next = plugin(served)
      const writing = nth % PER_WRITE === 0 ? write() : undefined
      const lease = host.capture({ signal })
      const result = await host.reload(handle, next, { signal })
      lease[Symbol.dispose]()
      await writing
      await result.finalized
      for (const object of [serving, lease, result]) gone(object)
      serving = next
      handle = result.handle
    }

    // Of each reload: the old plugin, a lease that saw it, and the result.
    expectNothingLeft(
      await leftBy({ reloads, clock, signal, reload, objectsPerReload: KEPT_PER_RELOAD }),
      3 * reloads,
      KEPT_PER_RELOAD,
    )
    using lease = host.capture()
    if (answer) expect(await answer(lease.get(surface, KEY))).toBe(served)
    if (resources) expect(await resources.entries(lease.resource(surface, NAME), NAME)).toEqual(writes)
  }

  return { surface: surface.id, reloads, run }
}

const jobs = scheduledJobs()

const KINDS: readonly Reloading[] = [
  reloading(scalarFnHandoff(), scalarFnSubject, FEW),
  reloading(aggregateFnHandoff(), aggregateFnSubject, FEW),
  reloading(jobs.strategy, jobs.subject, FEW),
  reloading(storageBackendHandoff(), storageBackendSubject, FEW),
  reloading(cdcHandoff(), cdcOutputSubject, MANY),
  reloading(logicalTypeHandoff(), logicalTypeSubject, MANY),
  reloading(indexHandoff(), indexKindSubject, MANY),
  reloading(crdtHandoff(), crdtKindSubject, MANY),
  reloading(memoryHandoff(lists), memorySubject, MANY),
  reloading(hookHandoff(), hookSubject, FEW),
  reloading(middlewareHandoff(), middlewareSubject, FEW),
  reloading(serviceHandoff(), serviceSubject, FEW),
]

describe('I12 reloads leave nothing behind', () => {
  it.each(KINDS)('$reloads of $surface', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  it('of the strategy of every surface', () => {
    expect(KINDS.map(({ surface }) => surface)).toEqual(expect.arrayContaining(surfacesOfStrategies()))
  })
})
