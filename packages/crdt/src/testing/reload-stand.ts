import {
  ASYNC_DISPOSE,
  PluginHost,
  type LiveResource,
  type Plugin,
  type PluginHandle,
  type ReloadOptions,
  type ReloadPhase,
  type ReloadResult,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { crdtKind, type CrdtKindProvider, type CrdtState } from '../contract.js'
import { crdtHandoff, type CrdtHandoffOptions } from '../strategy.js'
import { apply, valueNow, type KitSettings } from './stand.js'
import type { CrdtSubject } from './subject.js'
import { Watch } from './watch.js'

/** Replaces members of a version, for what it does while documents are handed over. */
export type Changes = (next: CrdtKindProvider, moment: Moment) => Partial<CrdtKindProvider>

interface Moment {
  /** Whether a document is being handed over, after the checks of compatibility. */
  readonly handingOver: boolean
}

/**
 * How long a document may take to open by the stand's clock, in milliseconds: the meter of the event loop measures 200
 * times until then.
 */
export const OPEN_MS = 1_000

/**
 * A host that serves one document of the subject's kind, and beside it a model: a second document that is never moved.
 */
export class ReloadStand implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly watch = new Watch()
  readonly host: PluginHost
  readonly #settings: KitSettings
  readonly #model: CrdtState
  #phase: ReloadPhase | undefined
  #handle!: PluginHandle
  #document!: LiveResource<CrdtState, Uint8Array>

  private constructor(settings: KitSettings, subject: CrdtSubject, options: CrdtHandoffOptions) {
    this.#settings = settings
    this.#model = subject.provider.empty()
    this.host = new PluginHost({
      strategies: [crdtHandoff(options)],
      clock: this.clock,
      timeouts: { prepare: OPEN_MS },
      observer: (event) => {
        if (event.type === 'phase-started') this.#phase = event.phase
      },
    })
  }

  /**
   * @param options by default no samples and no live documents are judged in the preflight: each is judged by its own
   * handoff.
   */
  static async of(
    settings: KitSettings,
    ops: readonly Uint8Array[],
    options: CrdtHandoffOptions = { sampleLimit: 0 },
  ): Promise<ReloadStand> {
    const subject = await settings.make()
    const stand = new ReloadStand(settings, subject, options)
    stand.#handle = await stand.host.add(plugin('1.0.0', stand.watch.provider(subject.provider)))
    const { kind: key } = subject.provider
    stand.#document = await stand.host.attach(crdtKind, { name: 'document', key, open: (provider) => provider.empty() })
    await stand.write(ops)
    return stand
  }

  get handle(): PluginHandle {
    return this.#handle
  }

  /** Writes operations to the document that serves, and each acknowledged one to the model. */
  async write(ops: readonly Uint8Array[]): Promise<void> {
    await Promise.all(
      ops.map(async (op) => {
        await this.#document.write(op)
        apply(this.#model, [op])
      }),
    )
  }

  /** Reloads the plugin with a new instance of the subject's version. */
  async reload(options: ReloadOptions = {}, changes: Changes = () => ({})): Promise<ReloadResult> {
    const { provider } = await this.#settings.make()
    const handingOver = (): boolean => this.#phase === 'prepare' || this.#phase === 'converge'
    const moment: Moment = {
      get handingOver() {
        return handingOver()
      },
    }
    const next = { ...facade(provider), ...changes(provider, moment) }
    const result = await this.host.reload(this.#handle, plugin('2.0.0', this.watch.provider(next)), options)
    this.#handle = result.handle
    return result
  }

  serving(): Promise<CrdtState> {
    return this.#document.use((state) => state)
  }

  value(): Promise<unknown> {
    return this.#document.use(valueNow)
  }

  /** The value of the model. */
  get expected(): unknown {
    return valueNow(this.#model)
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.host[ASYNC_DISPOSE]()
    await this.#model.close?.()
  }
}

export function plugin(version: string, provider: CrdtKindProvider): Plugin {
  return {
    manifest: { id: 'conformance', version },
    register: (registrar) => {
      registrar.provide(crdtKind, provider)
    },
  }
}

/** The provider's own methods, to be replaced one by one. */
function facade(provider: CrdtKindProvider): CrdtKindProvider {
  const { samples, schemaCompatCheck } = provider
  return {
    kind: provider.kind,
    empty: () => provider.empty(),
    fromPersisted: (bytes) => provider.fromPersisted(bytes),
    ...(samples && { samples: () => samples.call(provider) }),
    ...(schemaCompatCheck && { schemaCompatCheck: (old, ctx) => schemaCompatCheck.call(provider, old, ctx) }),
  }
}
