import { PluginHost, Slices, type Plugin } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import {
  CdcPump,
  MemoryCheckpointStore,
  MemoryCommitLog,
  cdcHandoff,
  cdcOutput,
  type CdcOutputProvider,
  type CdcPumpOptions,
  type CheckpointStore,
  type PumpEvent,
  type PumpStatus,
} from '../../src/index.js'

type EventOf<T extends PumpEvent['type']> = Extract<PumpEvent, { type: T }>

/** What a pump told, and a way to wait for it. */
export class Events {
  readonly list: PumpEvent[] = []
  onTake: ((event: PumpEvent) => void) | undefined
  #waiting: (() => void)[] = []

  readonly take = (event: PumpEvent): void => {
    this.list.push(event)
    this.onTake?.(event)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  of<T extends PumpEvent['type']>(type: T, stream = 'orders'): EventOf<T>[] {
    return this.list.filter((event): event is EventOf<T> => event.type === type && event.stream === stream)
  }

  /** Resolves with the event number `nth` of its type, from 1. */
  async nth<T extends PumpEvent['type']>(type: T, nth = 1, stream = 'orders'): Promise<EventOf<T>> {
    for (;;) {
      const event = this.of(type, stream)[nth - 1]
      if (event) return event
      await this.#next()
    }
  }

  /** Resolves once the stream has been delivered everything up to `position`, and was idle there. */
  async idleAt(position: bigint, stream = 'orders'): Promise<void> {
    while (!this.of('idle', stream).some((event) => event.position === position)) await this.#next()
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** Lets the event loop turn once: what fails for ever then fails its test, where microtasks alone would hang it. */
export function turn(): Promise<void> {
  return new Slices().pause()
}

const ENOUGH_TURNS = 20

/** Lets everything happen that waits for nobody. On a busy machine work in slices goes on in turns of its own. */
export async function whatIsDue(): Promise<void> {
  for (let turns = 0; turns < ENOUGH_TURNS; turns += 1) await turn()
}

export function plugin(version: string, ...providers: CdcOutputProvider[]): Plugin {
  return {
    manifest: { id: 'sinks', version },
    register(registrar) {
      for (const provider of providers) registrar.provide(cdcOutput, provider)
    },
  }
}

/** A host, a log and a pump, as an application wires them. */
export class Application {
  readonly clock = new ManualClock()
  readonly events = new Events()
  readonly host: PluginHost
  readonly log: MemoryCommitLog
  readonly checkpoints: CheckpointStore
  readonly pump: CdcPump

  constructor(options: Partial<CdcPumpOptions> & { log?: MemoryCommitLog } = {}) {
    const { clock } = this
    this.host = new PluginHost({ strategies: [cdcHandoff({ canResume: (lsn) => this.log.canReadFrom(lsn) })], clock })
    this.log = options.log ?? new MemoryCommitLog()
    this.checkpoints = options.checkpoints ?? new MemoryCheckpointStore()
    this.pump = new CdcPump({
      onEvent: this.events.take,
      retry: { attempts: 3, initialMs: 100, maxMs: 1_000, random: () => 1 },
      ...options,
      host: this.host,
      log: this.log,
      checkpoints: this.checkpoints,
      clock,
    })
  }

  /** From now on time passes as soon as a stream waits to try again. */
  passTimeOnRetry(): void {
    this.events.onTake = (event) => {
      if (event.type === 'retry') void turn().then(() => this.clock.advance(event.delayMs))
    }
  }

  /** Fires what is overdue; the beat by which the host measures synchronous stretches ends itself then. */
  get pendingTimers(): number {
    this.clock.advance(10)
    return this.clock.pending
  }

  status(name = 'orders'): PumpStatus {
    const status = this.pump.status().find((stream) => stream.name === name)
    if (status === undefined) throw new Error(`no stream ${name}`)
    return status
  }

  async reload(next: Plugin): Promise<void> {
    const handle = this.host.plugin('sinks')
    if (handle === undefined) throw new Error('not installed')
    const { finalized } = await this.host.reload(handle, next)
    await finalized
  }
}
