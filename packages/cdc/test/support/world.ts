import { PluginHost, type MaybePromise, type Plugin } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import {
  CdcPump,
  MemoryCommitLog,
  cdcHandoff,
  type CdcBatch,
  type CdcLsn,
  type CdcOutputProvider,
  type CdcStream,
  type CheckpointStore,
} from '../../src/index.js'
import { Events, plugin, turn } from './host.js'

/** How a version that cannot take over misbehaves in `start`. */
export type BadStart = 'throws' | 'returns nothing' | 'returns half a stream'

/** How many more of each call go wrong. */
export interface Troubles {
  deliver: number
  acknowledge: number
  checkpoint: number
  shutdown: number
  start: number
  save: number
  /** Saves that do not settle before they land, or are lost in a crash. */
  pend: number
}

/** One stream as a sink saw it. */
export interface Visit {
  readonly sink: string
  readonly fromLsn: CdcLsn | undefined
  /** The batches it took, in order; one whose acknowledgement was lost may be there twice in a row. */
  readonly taken: CdcBatch[]
  shutdowns: number
}

/** What outlives a crash: the log, the checkpoints, and what the sinks have made durable. */
export class World {
  readonly log = new MemoryCommitLog()
  readonly saved = new Map<string, CdcLsn[]>()
  /** By sink. */
  readonly durable = new Map<string, CdcBatch[]>([
    ['exact', []],
    ['buffered', []],
  ])
  readonly visits: Visit[] = []
  readonly troubles: Troubles = { deliver: 0, acknowledge: 0, checkpoint: 0, shutdown: 0, start: 0, save: 0, pend: 0 }
  /** How many batches a buffered sink leaves unflushed at its next checkpoints. */
  lagging = 0
  #pending: { readonly name: string; readonly lsn: CdcLsn; readonly answer: () => void }[] = []

  /** Throws while there is trouble of this kind left. */
  trouble(kind: keyof Troubles): void {
    if (this.troubles[kind] === 0) return
    this.troubles[kind] -= 1
    throw new Error(`${kind} went wrong`)
  }

  async save(name: string, lsn: CdcLsn): Promise<void> {
    this.trouble('save')
    if (this.troubles.pend === 0) return this.#store(name, lsn)
    this.troubles.pend -= 1
    await new Promise<void>((answer) => this.#pending.push({ name, lsn, answer }))
  }

  /** What is pending is stored now, and whoever has asked for it is told. */
  land(): void {
    for (const { name, lsn, answer } of this.#pending.splice(0)) {
      this.#store(name, lsn)
      answer()
    }
  }

  /** Ends a life: what is pending may have been stored, and nobody is told. */
  crash(lands: boolean): void {
    for (const { name, lsn } of this.#pending.splice(0)) if (lands) this.#store(name, lsn)
  }

  heal(): void {
    for (const kind of Object.keys(this.troubles) as (keyof Troubles)[]) this.troubles[kind] = 0
    this.lagging = 0
    this.land()
  }

  #store(name: string, lsn: CdcLsn): void {
    this.saved.set(name, [...(this.saved.get(name) ?? []), lsn])
  }
}

/** One life of the application, from a start to a crash. Once dead, no call of it answers or has any effect. */
export class Life {
  readonly events = new Events()
  readonly host: PluginHost
  pump: CdcPump
  readonly #world: World
  readonly #clock = new ManualClock()
  #alive = true

  constructor(world: World) {
    this.#world = world
    this.host = new PluginHost({
      strategies: [cdcHandoff({ canResume: (lsn) => world.log.canReadFrom(lsn) })],
      clock: this.#clock,
    })
    this.pump = this.#newPump()
    this.events.onTake = (event) => {
      if (event.type === 'retry' && this.#alive) void turn().then(() => this.#clock.advance(event.delayMs))
    }
  }

  /** @param lands whether what was about to be saved has been. */
  crash(lands: boolean): void {
    this.#alive = false
    this.#world.crash(lands)
  }

  version(version: string, bad?: BadStart): Plugin {
    return plugin(version, this.#provider('exact', bad), this.#provider('buffered', bad))
  }

  async startAll(): Promise<void> {
    await Promise.allSettled([this.pump.start('exact', 'exact'), this.pump.start('buffered', 'buffered')])
  }

  async restartPump(): Promise<void> {
    await this.pump.stop()
    this.pump = this.#newPump()
    await this.startAll()
  }

  #newPump(): CdcPump {
    return new CdcPump({
      host: this.host,
      log: this.#world.log,
      checkpoints: this.#store(),
      clock: this.#clock,
      checkpointEvery: 2,
      retry: { attempts: 3, initialMs: 1, maxMs: 4, random: () => 0 },
      onEvent: this.events.take,
    })
  }

  #store(): CheckpointStore {
    const { saved } = this.#world
    return {
      load: (name) => this.#living(() => saved.get(name)?.at(-1)),
      save: (name, lsn) => this.#living(() => this.#world.save(name, lsn)),
    }
  }

  async #living<T>(act: () => MaybePromise<T>): Promise<T> {
    if (!this.#alive) return new Promise<never>(() => {})
    return act()
  }

  #provider(name: string, bad?: BadStart): CdcOutputProvider {
    const world = this.#world
    return {
      name,
      start: ({ fromLsn }) =>
        this.#living((): CdcStream => {
          if (bad === 'throws') throw new Error('this version does not start')
          if (bad === 'returns nothing') return undefined as unknown as CdcStream
          if (bad === 'returns half a stream') return { deliver: () => {}, shutdown: () => {} } as unknown as CdcStream
          world.trouble('start')
          const visit: Visit = { sink: name, fromLsn, taken: [], shutdowns: 0 }
          world.visits.push(visit)
          return name === 'exact' ? this.#exact(visit) : this.#buffered(visit)
        }),
    }
  }

  /** Keeps the LSN with its data: what it has been delivered is durable, and what it has is left out. */
  #exact(visit: Visit): CdcStream {
    const world = this.#world
    const rows = world.durable.get('exact') as CdcBatch[]
    let taken = visit.fromLsn ?? 0n
    return {
      deliver: (batch) =>
        this.#living(() => {
          world.trouble('deliver')
          if (batch.lsnStart >= (rows.at(-1)?.lsnEnd ?? 0n)) rows.push(batch)
          taken = batch.lsnEnd
          visit.taken.push(batch)
          world.trouble('acknowledge')
        }),
      checkpoint: () =>
        this.#living(() => {
          world.trouble('checkpoint')
          return taken
        }),
      shutdown: () => this.#shutdown(visit),
    }
  }

  /** Makes durable only what a checkpoint flushes; the rest is lost when the stream ends, however it ends. */
  #buffered(visit: Visit): CdcStream {
    const world = this.#world
    const rows = world.durable.get('buffered') as CdcBatch[]
    const buffer: CdcBatch[] = []
    let flushed = visit.fromLsn ?? 0n
    return {
      deliver: (batch) =>
        this.#living(() => {
          world.trouble('deliver')
          visit.taken.push(batch)
          buffer.push(batch)
        }),
      checkpoint: () =>
        this.#living(() => {
          world.trouble('checkpoint')
          for (const batch of buffer.splice(0, Math.max(0, buffer.length - world.lagging))) {
            rows.push(batch)
            flushed = batch.lsnEnd
          }
          return flushed
        }),
      shutdown: () => this.#shutdown(visit),
    }
  }

  #shutdown(visit: Visit): Promise<void> {
    return this.#living(() => {
      visit.shutdowns += 1
      this.#world.trouble('shutdown')
    })
  }
}
