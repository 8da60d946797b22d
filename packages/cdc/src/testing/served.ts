import {
  ASYNC_DISPOSE,
  PluginHost,
  ReloadError,
  type LiveResource,
  type Plugin,
  type ReloadOptions,
} from '@uni/reload-core'
import { attempt } from '@uni/reload-core/testing'
import type { CdcBatch, CdcLsn, CdcOutputProvider, CdcStream } from '../contract.js'
import { CdcError } from '../errors.js'
import { expectedLsn, takeCheckpoint } from '../progress.js'
import { startStream } from '../start-stream.js'
import { cdcOutput } from '../surface.js'
import type { Bench } from './bench.js'

/** How often a delivery is tried again, as a pump would. */
const ATTEMPTS = 5

export function pluginOf(version: number, provider: CdcOutputProvider): Plugin {
  return {
    manifest: { id: 'sink', version: `${version}.0.0`, capabilities: [cdcOutput.id] },
    register(registrar) {
      registrar.provide(cdcOutput, provider)
    },
  }
}

/** A real host with one live stream of the provider under test. */
export class Served implements AsyncDisposable {
  readonly host: PluginHost
  readonly #bench: Bench
  #live: LiveResource<CdcStream, CdcBatch> | undefined
  #version = 1

  private constructor(bench: Bench) {
    this.#bench = bench
    this.host = new PluginHost({ strategies: [bench.strategy({ canResume: (lsn) => bench.history.isBoundary(lsn) })] })
  }

  static async start(bench: Bench, provider: CdcOutputProvider): Promise<Served> {
    const served = new Served(bench)
    const {
      stream,
      history: { origin },
    } = bench
    await served.host.add(pluginOf(1, provider))
    served.#live = await bench.expect.works('attaching a stream', () =>
      served.host.attach(cdcOutput, {
        name: stream,
        key: provider.name,
        open: (one) => startStream(one, { stream, fromLsn: origin, signal: new AbortController().signal }),
      }),
    )
    return served
  }

  get live(): LiveResource<CdcStream, CdcBatch> {
    if (this.#live === undefined) throw new Error('no stream is attached')
    return this.#live
  }

  /** Where the stream that serves now goes on. */
  async position(): Promise<CdcLsn> {
    return (await this.live.use(expectedLsn)) ?? this.#bench.history.origin
  }

  /** Delivers up to the head to the stream that serves, as a pump would. */
  async deliverAll(): Promise<void> {
    const { expect, history } = this.#bench
    for (let refusals = 0; ;) {
      const [batch] = history.from(await expect.works('asking the stream where it continues', () => this.position()))
      if (batch === undefined) return
      const written = await attempt(() => this.live.write(batch))
      if ('value' in written) continue
      refusals += 1
      if (CdcError.is(written.error) || refusals > ATTEMPTS)
        await expect.works(`the delivery of the batch at ${batch.lsnStart}`, () => {
          throw written.error
        })
    }
  }

  async commit(rows?: number): Promise<void> {
    this.#bench.history.commit(rows)
    await this.deliverAll()
  }

  async reload(provider: CdcOutputProvider, options: ReloadOptions = {}): Promise<void> {
    const handle = this.host.plugin('sink')
    if (handle === undefined) throw new Error('the plugin is not installed')
    this.#version += 1
    const { finalized } = await this.host.reload(handle, pluginOf(this.#version, provider), options)
    await finalized
  }

  /** Fails unless the reload fails with a typed error, and the old version is the current one (I3). */
  async expectTurnedAway(provider: CdcOutputProvider, options: ReloadOptions = {}): Promise<ReloadError> {
    const { expect } = this.#bench
    const handle = this.host.plugin('sink')
    const error = await expect.refused('this reload', () => this.reload(provider, options))
    if (!ReloadError.is(error))
      return expect.fail('a reload fails with a ReloadError, and this one failed with something else', error)
    const now = this.host.plugin('sink')
    if (now?.generation !== handle?.generation)
      expect.fail(
        `after a failed reload the old version is the current one, of generation ${handle?.generation}; found ` +
          `${now?.generation}`,
      )
    return error
  }

  /** Ends everything in order, and fails unless the sink has all that was delivered. */
  async expectAllStored(): Promise<void> {
    await this.deliverAll()
    const checkpoint = await this.#bench.expect.works('checkpoint()', () =>
      this.live.use((stream) => takeCheckpoint(stream)),
    )
    await this[ASYNC_DISPOSE]()
    await this.#bench.expectAllStored(checkpoint)
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.host[ASYNC_DISPOSE]()
  }
}
