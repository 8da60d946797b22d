import { setTimeout as sleep } from 'node:timers/promises'
import { PluginHost, type LiveResource, type PluginHandle } from '@uni/reload-core'
import { StallWatch } from '../stall-watch.js'
import { Arrivals, arriving, longestOf } from './arrivals.js'
import type { CrowdKind } from './kind.js'
import { quantileOf } from '../quantile.js'

/** How many there are, and what comes in a second. A tenth of the documents has writers. */
export interface CrowdSize {
  readonly documents: number
  /** Opened, and as many closed. */
  readonly guests: number
  /** Writes to one document. */
  readonly hot: number
  /** Writes to the tenth, one after the other. */
  readonly warm: number
  /** Writes to all others, one after the other. */
  readonly cold: number
}

/** How many guests are open at a time. */
const GUESTS_OPEN = 100
/** From one reload to the next. */
const REST_MS = 50

/** What users notice. Times in milliseconds. */
export interface Noticed {
  /** The longest that a write took from when it was due. */
  readonly cold: number
  readonly warm: number
  readonly hot: number
  /** Of all writes, the time that 99 of 100 keep. */
  readonly p99: number
  /** The longest that opening a document took, from when it was due; and that closing one took. */
  readonly opened: number
  readonly closed: number
  readonly stall: number
  /** Documents that could not be opened or closed. */
  readonly failedGuests: number
}

interface Document<R, W> {
  readonly live: LiveResource<R, W>
  /** How many were made. */
  writes: number
}

/** Many live documents in one host, some of them written to, and guests that come and go. */
export class Crowd<P, R, W> implements AsyncDisposable {
  readonly #kind: CrowdKind<P, R, W>
  readonly #size: CrowdSize
  readonly #host: PluginHost
  readonly #documents: Document<R, W>[] = []
  readonly #guests: LiveResource<R, W>[] = []
  #handle: PluginHandle
  #version = 1
  #guestCount = 0

  private constructor(kind: CrowdKind<P, R, W>, size: CrowdSize, host: PluginHost, handle: PluginHandle) {
    this.#kind = kind
    this.#size = size
    this.#host = host
    this.#handle = handle
  }

  static async open<P, R, W>(kind: CrowdKind<P, R, W>, size: CrowdSize): Promise<Crowd<P, R, W>> {
    const host = new PluginHost({ strategies: [kind.strategy()] })
    const crowd = new Crowd(kind, size, host, await host.add(kind.plugin(1)))
    for (let at = 0; at < size.documents; at += 1) {
      crowd.#documents.push({ live: await crowd.#attach(`document ${at}`), writes: 0 })
    }
    return crowd
  }

  /** What users notice while `body` runs. @throws Error where a write failed, or was lost. */
  async noticed(body: () => Promise<unknown>): Promise<Noticed> {
    const { guests: opened, hot, warm, cold } = this.#size
    const tenth = this.#size.documents / 10
    const writes = {
      hot: new Arrivals(hot, () => this.#write(0)),
      warm: new Arrivals(warm, (count) => this.#write(1 + (count % (tenth - 1)))),
      cold: new Arrivals(cold, (count) => this.#write(tenth + (count % (this.#size.documents - tenth)))),
    }
    const closing: Promise<void>[] = []
    const leaves: number[] = []
    const guests = new Arrivals(opened, async () => {
      await this.#guest()
      this.#oneLeaves(leaves, closing)
    })
    await using watch = new StallWatch()
    const all = Object.values(writes)
    await arriving([...all, guests], body)
    const stall = watch.lap()
    const unclosed = (await Promise.allSettled(closing)).filter(({ status }) => status === 'rejected').length
    await this.#refuseLost(all)
    return {
      cold: longestOf(writes.cold.waits),
      warm: longestOf(writes.warm.waits),
      hot: longestOf(writes.hot.waits),
      p99: quantileOf(
        all.flatMap(({ waits }) => waits),
        0.99,
      ),
      opened: longestOf(guests.waits),
      closed: longestOf(leaves),
      stall,
      failedGuests: guests.failed + unclosed,
    }
  }

  async reload(times: number): Promise<void> {
    for (let count = 0; count < times; count += 1) {
      this.#version += 1
      const { handle, finalized } = await this.#host.reload(this.#handle, this.#kind.plugin(this.#version))
      this.#handle = handle
      await finalized
      await sleep(REST_MS)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#host[Symbol.asyncDispose]()
  }

  #attach(name: string): Promise<LiveResource<R, W>> {
    const { surface, key, open } = this.#kind
    return this.#host.attach(surface, { name, key, open: (provider) => open(provider, name) })
  }

  #write(at: number): Promise<void> {
    const document = this.#documents[at] as Document<R, W>
    document.writes += 1
    return document.live.write(this.#kind.write(document.writes - 1))
  }

  async #guest(): Promise<void> {
    this.#guestCount += 1
    this.#guests.push(await this.#attach(`guest ${this.#guestCount}`))
  }

  /** The one that has been there the longest, where there are too many. */
  #oneLeaves(leaves: number[], closing: Promise<void>[]): void {
    const leaving = this.#guests.length > GUESTS_OPEN ? this.#guests.shift() : undefined
    if (leaving === undefined) return
    const startedAt = performance.now()
    const closed = leaving.detach().then(({ finalized }) => {
      leaves.push(performance.now() - startedAt)
      return finalized
    })
    // Looked at once all have come.
    closed.catch(() => {})
    closing.push(closed)
  }

  async #refuseLost(all: readonly Arrivals[]): Promise<void> {
    const failed = all.reduce((sum, arrivals) => sum + arrivals.failed, 0)
    if (failed > 0) throw new Error(`${failed} writes failed`)
    for (const { live, writes } of this.#documents) {
      const taken = await live.use((document) => this.#kind.writesIn(document))
      if (taken !== writes) throw new Error(`${live.name} has ${taken} of its ${writes} writes`)
    }
  }
}
