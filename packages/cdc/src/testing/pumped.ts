import { ASYNC_DISPOSE, PluginHost } from '@uni/reload-core'
import { MemoryCheckpointStore } from '../checkpoints/checkpoint-store.js'
import type { CdcOutputProvider } from '../contract.js'
import { MemoryCommitLog } from '../log/memory-commit-log.js'
import type { PumpEvent } from '../pump/events.js'
import { CdcPump } from '../pump/pump.js'
import type { Bench } from './bench.js'
import { pluginOf } from './served.js'

/** A log, a store of checkpoints, and a pump, as an application has them. The log and the store outlive a restart. */
export class Pumped {
  readonly log: MemoryCommitLog
  readonly checkpoints = new MemoryCheckpointStore()
  readonly #bench: Bench
  #version = 0
  #host = new PluginHost({ strategies: [] })
  #pump: CdcPump | undefined
  #wake: () => void = () => {}
  #halted: { readonly error: unknown } | undefined

  constructor(bench: Bench) {
    this.#bench = bench
    this.log = new MemoryCommitLog(bench.history.origin)
  }

  get pump(): CdcPump {
    if (this.#pump === undefined) throw new Error('no pump was started')
    return this.#pump
  }

  async start(provider: CdcOutputProvider): Promise<void> {
    const { log, checkpoints } = this
    const { expect, strategy, stream } = this.#bench
    this.#halted = undefined
    this.#host = new PluginHost({ strategies: [strategy({ canResume: (lsn) => log.canReadFrom(lsn) })] })
    await this.#host.add(pluginOf((this.#version += 1), provider))
    this.#pump = new CdcPump({
      host: this.#host,
      log,
      checkpoints,
      checkpointEvery: 3,
      retry: { attempts: 20, initialMs: 1, maxMs: 2 },
      onEvent: (event) => this.#take(event),
    })
    await expect.works('opening the stream', () => this.pump.start(stream, provider.name))
  }

  commit(rows = 2): void {
    const { mutations, lsnEnd, commitTimestamp } = this.#bench.history.commit(rows)
    this.log.append(mutations, commitTimestamp, lsnEnd)
  }

  async reload(provider: CdcOutputProvider): Promise<void> {
    const handle = this.#host.plugin('sink')
    if (handle === undefined) throw new Error('the plugin is not installed')
    const { finalized } = await this.#host.reload(handle, pluginOf((this.#version += 1), provider))
    await finalized
  }

  /** Resolves once everything committed was delivered. */
  async caughtUp(): Promise<void> {
    while (this.pump.status().some(({ position, state }) => position < this.log.head || state !== 'running')) {
      const halted = this.#halted
      if (halted)
        await this.#bench.expect.works('every delivery, at last', () => {
          throw halted.error
        })
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async stop(): Promise<void> {
    await this.pump.stop()
    await this.#host[ASYNC_DISPOSE]()
  }

  async expectAllStored(): Promise<void> {
    await this.caughtUp()
    await this.stop()
    const {
      stream,
      history: { origin },
    } = this.#bench
    await this.#bench.expectAllStored((await this.checkpoints.load(stream)) ?? origin)
  }

  #take(event: PumpEvent): void {
    if (event.type === 'halted') this.#halted = { error: event.error }
    this.#wake()
  }
}
