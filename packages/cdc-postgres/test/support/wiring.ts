import { PluginHost, type Plugin } from '@uni/reload-core'
import {
  CdcPump,
  cdcHandoff,
  cdcOutput,
  type CdcOutputProvider,
  type CheckpointStore,
  type CommitLog,
  type PumpEvent,
} from '@uni/reload-cdc'

export function plugin(version: string, provider: CdcOutputProvider): Plugin {
  return {
    manifest: { id: 'replica', version },
    register(registrar) {
      registrar.provide(cdcOutput, provider)
    },
  }
}

/** A host and a pump on real time. */
export class Wiring implements AsyncDisposable {
  readonly host: PluginHost
  readonly pump: CdcPump
  readonly log: CommitLog
  #wake: () => void = () => {}

  constructor(log: CommitLog, checkpoints: CheckpointStore, onEvent: (event: PumpEvent) => void = () => {}) {
    this.log = log
    this.host = new PluginHost({ strategies: [cdcHandoff({ canResume: (lsn) => log.canReadFrom(lsn) })] })
    this.pump = new CdcPump({
      host: this.host,
      log,
      checkpoints,
      checkpointEvery: 8,
      retry: { initialMs: 5, maxMs: 100 },
      onEvent: (event) => {
        onEvent(event)
        this.#wake()
      },
    })
  }

  async reload(next: Plugin): Promise<void> {
    const handle = this.host.plugin('replica')
    if (handle === undefined) throw new Error('not installed')
    const { finalized } = await this.host.reload(handle, next)
    await finalized
  }

  /** Resolves once every stream has a checkpoint at or beyond `lsn`. */
  async checkpointed(lsn: bigint): Promise<void> {
    while (this.pump.status().some(({ checkpoint = -1n }) => checkpoint < lsn))
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pump.stop()
    await this.host[Symbol.asyncDispose]()
  }
}
