import { PluginHost, Slices, type LiveResource, type Plugin } from '@uni/reload-core'
import type { Expectation } from '@uni/reload-core/testing'
import type { RecordBatch } from 'apache-arrow'
import { buildIndex } from '../../build-index.js'
import { indexKind, type IndexHandle, type IndexKindProvider } from '../../contract.js'
import { indexHandoff } from '../../strategy.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import { STEPS_WORK } from './handoff.js'

/** Turns of the event loop in which readers and writers work between two reloads. */
const TURNS = 3
/** How many writes are made at full speed. Later there is one a turn, so that images stay small on a fast machine. */
const AT_FULL_SPEED = 100

const plugin = (version: string, provider: IndexKindProvider): Plugin => ({
  manifest: { id: 'conformance', version },
  register: (registrar) => {
    registrar.provide(indexKind, provider)
  },
})

/** The discipline in a host under load. */
export const hostCases: readonly Case[] = [
  {
    key: 'host/load',
    rule: 'I2',
    title: 'questions and writes at full speed go on through one reload after another',
    needs: [...STEPS_WORK, 'image/many', 'recall/opened', 'handoff/writes', 'upgrade/samples'],
    async run(bench: Bench, expect: Expectation) {
      const { spool, source } = bench.fixture
      const previous = await bench.previous()
      await using host = new PluginHost({ strategies: [indexHandoff({ ...(spool && { spool }) })] })
      let handle = await host.add(plugin('1.0.0', previous))
      const index = await host.attach(indexKind, {
        name: 'live',
        key: previous.kind,
        open: (kind) => buildIndex(kind, source),
      })

      const load = new Load(bench, host, index)
      await load.turns(TURNS)
      for (const [version, provider] of [
        ['2.0.0', bench.provider],
        ['3.0.0', await bench.elsewhere()],
      ] as const) {
        const result = await expect.works(`the reload to ${version}`, () =>
          host.reload(handle, plugin(version, provider)),
        )
        handle = result.handle
        await load.turns(TURNS)
      }
      const written = await expect.works('questions and writes during the reloads', () => load.end())
      using lease = host.capture()
      const serving = lease.resource(indexKind, 'live')
      await bench.expectRebuilt(serving, written, 'the index that serves')
      await bench.expectRecall(serving, written, 'the index that serves')
    },
  },
]

/** One reader and one writer at full speed, but for turns of the event loop that they leave to the reload. */
class Load {
  readonly #bench: Bench
  readonly #over = new AbortController()
  readonly #slices = new Slices(1)
  readonly #working: Promise<[number, void]>

  constructor(bench: Bench, host: PluginHost, index: LiveResource<IndexHandle, RecordBatch>) {
    this.#bench = bench
    this.#working = Promise.all([this.#write(index), this.#read(host)])
    // A failure is reported by `end`.
    this.#working.catch(() => {})
    bench.later(() => this.#over.abort())
  }

  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await this.#slices.pause()
  }

  /**
   * Stops both. Resolves with the number of changes that were written, rejects with the error of a query or a write.
   */
  async end(): Promise<number> {
    this.#over.abort()
    const [written] = await this.#working
    return written
  }

  async #write(index: LiveResource<IndexHandle, RecordBatch>): Promise<number> {
    if (!this.#bench.capabilities.writes) return 0
    let nth = 0
    for (const { signal } = this.#over; !signal.aborted; nth += 1) {
      await index.write(this.#bench.change(nth))
      if (nth >= AT_FULL_SPEED || this.#slices.due()) await this.#slices.pause()
    }
    return nth
  }

  async #read(host: PluginHost): Promise<void> {
    for (const { signal } = this.#over; !signal.aborted;) {
      using lease = host.capture()
      await this.#bench.answers(lease.resource(indexKind, 'live'))
      await this.#slices.pause()
    }
  }
}
