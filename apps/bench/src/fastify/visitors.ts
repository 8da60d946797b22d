import { once } from 'node:events'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { WebSocket } from 'ws'
import { quantileOf } from '../quantile.js'

const PER_SECOND = 2_000
const SOCKETS = 20
const TALK_MS = 50
/** A request that is not answered by then has failed. */
const PATIENCE_MS = 10_000

/** What visitors saw while something went on. */
export interface Seen {
  /** Requests without an answer, or with another one than 200. */
  readonly failed: number
  readonly requests: number
  readonly p50: number
  readonly p99: number
}

/** Visitors that do not wait for one another's answer, and some that stay connected and talk. */
export class Visitors implements AsyncDisposable {
  readonly #pool: Pool
  readonly #port: number
  readonly #sockets: { readonly socket: WebSocket; sent: number; heard: number }[] = []
  readonly #acknowledged = new Map<string, number>()
  #asked = 0
  #disconnected = 0
  #unheard = 0
  #isOver = false

  private constructor(port: number) {
    this.#port = port
    this.#pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64, headersTimeout: PATIENCE_MS })
  }

  static async come(port: number): Promise<Visitors> {
    const visitors = new Visitors(port)
    await visitors.#counts()
    await Promise.all(Array.from({ length: SOCKETS }, () => visitors.#connect()))
    return visitors
  }

  /** Visits as long as `body` runs, and waits for the answers. */
  async during(body: () => Promise<unknown>): Promise<Seen> {
    const pending: Promise<number | undefined>[] = []
    const progress = { over: false }
    const ended = body().finally(() => {
      progress.over = true
    })
    const startedAt = performance.now()
    let talkAt = startedAt
    for (let dueAt = startedAt; !progress.over; await turn()) {
      const now = performance.now()
      for (; dueAt <= now; dueAt += 1000 / PER_SECOND) pending.push(this.#visit(dueAt))
      for (; talkAt <= now; talkAt += TALK_MS) this.#talk()
    }
    await ended
    const took = await Promise.all(pending)
    const answered = took.filter((ms) => ms !== undefined)
    return {
      requests: took.length,
      failed: took.length - answered.length,
      p50: quantileOf(answered, 0.5),
      p99: quantileOf(answered, 0.99),
    }
  }

  /** What was acknowledged and is not counted; WebSockets that were closed, and what was sent and not sent back. */
  async lost(): Promise<{ readonly visits: number; readonly sockets: number; readonly messages: number }> {
    for (let tries = 0; tries < 50 && this.#sockets.some(({ sent, heard }) => heard < sent); tries += 1) await sleep(20)
    const counts = await this.#get()
    let visits = 0
    for (const [page, acknowledged] of this.#acknowledged) visits += Math.abs(acknowledged - (counts[page] ?? 0))
    const unheard = this.#sockets.reduce((sum, { sent, heard }) => sum + sent - heard, 0)
    return { visits, sockets: this.#disconnected, messages: this.#unheard + unheard }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    for (const { socket } of this.#sockets) socket.terminate()
    await this.#pool.destroy()
  }

  /** What is counted before it comes. */
  async #counts(): Promise<void> {
    for (const [page, count] of Object.entries(await this.#get())) this.#acknowledged.set(page, count)
  }

  async #get(): Promise<Readonly<Record<string, number>>> {
    const { body } = await this.#pool.request({ path: '/visits', method: 'GET' })
    return (await body.json()) as Record<string, number>
  }

  async #connect(): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/echo`)
    await once(socket, 'open')
    const it = { socket, sent: 0, heard: 0 }
    socket.on('message', () => (it.heard += 1)).on('error', () => {})
    socket.once('close', () => {
      if (this.#isOver) return
      this.#disconnected += 1
      this.#unheard += it.sent - it.heard
      this.#sockets.splice(this.#sockets.indexOf(it), 1)
      void this.#reconnect()
    })
    this.#sockets.push(it)
  }

  async #reconnect(): Promise<void> {
    while (!this.#isOver) {
      const come = await this.#connect().then(
        () => true,
        () => sleep(20).then(() => false),
      )
      if (come) return
    }
  }

  #talk(): void {
    for (const it of this.#sockets) {
      it.sent += 1
      it.socket.send('hello')
    }
  }

  /** Milliseconds from when it was due to its answer; undefined where there was none, or a wrong one. */
  async #visit(dueAt: number): Promise<number | undefined> {
    const page = `page-${this.#asked % 20}`
    this.#asked += 1
    try {
      const { statusCode, body } = await this.#pool.request({ path: `/visits/${page}`, method: 'POST' })
      await body.text()
      if (statusCode !== 200) return undefined
      this.#acknowledged.set(page, (this.#acknowledged.get(page) ?? 0) + 1)
      return performance.now() - dueAt
    } catch {
      return undefined
    }
  }
}
