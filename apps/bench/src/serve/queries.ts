import { Agent, request } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { quantileOf } from '../quantile.js'
import type { Document } from '../text-index.js'

const PER_SECOND = 500
/** A query that is not answered by then has failed. */
const PATIENCE_MS = 10_000

/** What clients saw while something went on. */
export interface Seen {
  readonly failed: number
  readonly p50: number
  readonly p99: number
}

/** Clients that do not wait for one another's answer: each query counts from the moment it was due. */
export class Queries {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #documents: readonly Document[]
  readonly #port: number
  #asked = 0

  constructor(port: number, documents: readonly Document[]) {
    this.#port = port
    this.#documents = documents
  }

  /** Queries as long as `body` runs, and waits for the answers. */
  async during(body: () => Promise<unknown>): Promise<Seen> {
    const pending: Promise<number | undefined>[] = []
    const progress = { over: false }
    const ended = body().finally(() => {
      progress.over = true
    })
    const startedAt = performance.now()
    for (let dueAt = startedAt; !progress.over; await turn()) {
      for (; dueAt <= performance.now(); dueAt += 1000 / PER_SECOND) pending.push(this.#query(dueAt))
    }
    await ended
    const took = await Promise.all(pending)
    const answered = took.filter((ms) => ms !== undefined)
    return { failed: took.length - answered.length, p50: quantileOf(answered, 0.5), p99: quantileOf(answered, 0.99) }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  /** Milliseconds from when it was due to its answer; undefined where there was none, or a wrong one. */
  #query(dueAt: number): Promise<number | undefined> {
    const { id, text } = this.#documents[this.#asked % this.#documents.length] as Document
    this.#asked += 1
    return new Promise((resolve) => {
      const fail = (): void => resolve(undefined)
      const asked = request(
        {
          agent: this.#agent,
          port: this.#port,
          path: `/search?words=${encodeURIComponent(text)}`,
          timeout: PATIENCE_MS,
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', fail)
          response.on('end', () =>
            resolve(isAnswer(response.statusCode, chunks, id) ? performance.now() - dueAt : undefined),
          )
        },
      )
      asked.on('error', fail).on('timeout', () => asked.destroy())
      asked.end()
    })
  }
}

/** The document that has the words is among the hits. */
function isAnswer(status: number | undefined, chunks: readonly Buffer[], id: string): boolean {
  if (status !== 200) return false
  const { ids } = JSON.parse(Buffer.concat(chunks).toString()) as { ids: readonly string[] }
  return ids.includes(id)
}
