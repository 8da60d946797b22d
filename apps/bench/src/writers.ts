import { setImmediate as turn } from 'node:timers/promises'
import type { RecordBatch } from 'apache-arrow'
import { batchOf, type Document } from './text-index.js'

const VOCABULARY = 5_000
/** As many as a title has: at 10,000 writes a second a host has 100 µs for each, and these take it a third of that. */
const WORDS = 4
/** Writes made beforehand, and used over and over: making a batch is not what is measured. */
const PREPARED = 10_000
/** How long a turn of the event loop takes writes in, before others have theirs: the rest waits, as in a socket. */
const INTAKE_MS = 4

/** Documents with words drawn from a fixed sequence: the same in every run. */
export class Corpus {
  #seed = 1

  document(id: string): Document {
    return { id, text: Array.from({ length: WORDS }, () => `word${this.below(VOCABULARY)}`).join(' ') }
  }

  below(bound: number): number {
    // Numerical Recipes' linear congruential generator; its low bits are poor and are not used.
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#seed / 2 ** 32) * bound)
  }
}

export interface PreparedWrite {
  readonly document: Document
  readonly batch: RecordBatch
}

/** Updates of documents that are there, spread over all of them. */
export function prepareWrites(corpus: Corpus, documents: number): readonly PreparedWrite[] {
  return Array.from({ length: PREPARED }, () => {
    const document = corpus.document(String(corpus.below(documents)))
    return { document, batch: batchOf([document]) }
  })
}

/** What writers noticed, in milliseconds. */
export interface WritersSaw {
  /** The longest that a write waited for its acknowledgement from when it was due. */
  readonly longestMs: number
  /** The longest from one acknowledgement to the next, while a write waited for its own. */
  readonly stoppedMs: number
  /** How many were accepted in a second. */
  readonly acceptedPerSecond: number
}

/**
 * Writers that do not wait for one another's acknowledgement, and so go on writing into a pause: each write counts from
 * the moment it was due, however late the event loop got round to it.
 */
export class Writers {
  readonly #writes: readonly PreparedWrite[]
  readonly #write: (batch: RecordBatch) => Promise<void>
  readonly #expected: Map<string, string>
  readonly #perSecond: number
  readonly #pending = new Set<Promise<void>>()
  #longestMs = 0
  #stoppedMs = 0
  #accepted = 0
  #acknowledgedAt = 0
  #since = Number.POSITIVE_INFINITY
  #over = false
  readonly #writing: Promise<void>

  /** @param expected is kept as the index should be. */
  constructor(
    perSecond: number,
    writes: readonly PreparedWrite[],
    expected: Map<string, string>,
    write: (batch: RecordBatch) => Promise<void>,
  ) {
    this.#perSecond = perSecond
    this.#writes = writes
    this.#expected = expected
    this.#write = write
    this.#writing = this.#run()
  }

  /** Of the writes that were due while `body` ran. */
  async during(body: () => Promise<unknown>): Promise<WritersSaw> {
    this.#since = performance.now()
    this.#accepted = 0
    await body()
    const acceptedPerSecond = (this.#accepted * 1000) / (performance.now() - this.#since)
    this.#over = true
    await this.#writing
    await Promise.all(this.#pending)
    return { longestMs: this.#longestMs, stoppedMs: this.#stoppedMs, acceptedPerSecond }
  }

  async #run(): Promise<void> {
    const everyMs = 1000 / this.#perSecond
    let dueAt = performance.now()
    for (let count = 0; !this.#over; await turn()) {
      const now = performance.now()
      for (; dueAt <= now && performance.now() - now < INTAKE_MS; dueAt += everyMs) {
        this.#issue(this.#writes[count % this.#writes.length] as PreparedWrite, dueAt)
        count += 1
      }
    }
    // What was due and not even taken in has waited too.
    if (dueAt >= this.#since) this.#longestMs = Math.max(this.#longestMs, performance.now() - dueAt)
  }

  #issue({ document, batch }: PreparedWrite, dueAt: number): void {
    this.#expected.set(document.id, document.text)
    // None waited until now, so nobody was stopped.
    if (this.#pending.size === 0) this.#acknowledgedAt = Math.max(this.#acknowledgedAt, dueAt)
    const pending = this.#write(batch).then(() => {
      this.#pending.delete(pending)
      this.#acknowledged(dueAt)
    })
    this.#pending.add(pending)
  }

  #acknowledged(dueAt: number): void {
    const now = performance.now()
    this.#accepted += 1
    if (dueAt >= this.#since) {
      this.#longestMs = Math.max(this.#longestMs, now - dueAt)
      this.#stoppedMs = Math.max(this.#stoppedMs, now - this.#acknowledgedAt)
    }
    this.#acknowledgedAt = now
  }
}
