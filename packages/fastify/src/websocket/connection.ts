import { DISPOSE } from '@uni/reload-core'
import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { closeAs, SERVICE_RESTART, type Link, type LinkListener } from './link.js'

/** Bytes that may wait on either side before the other one is paused. */
const ROOM = 1 << 20

/** What a client is told where the app ends. */
export const GOING_AWAY = 1001

interface Received {
  readonly data: Buffer
  readonly isBinary: boolean
}

/** Holds the version that serves, once one does. */
export type Holding = (label: string) => Disposable | Promise<void>

/** A client's WebSocket, which belongs to the host, and is linked to the version that serves. */
export class Connection {
  readonly request: IncomingMessage
  readonly #socket: WebSocket
  readonly #hold: Holding
  readonly #waiting: Received[] = []
  #link: Link | undefined
  /** Whether what waits is waited for already. */
  #isPending = false

  constructor(socket: WebSocket, request: IncomingMessage, hold: Holding) {
    this.request = request
    this.#socket = socket
    this.#hold = hold
    socket
      .on('message', (data, isBinary) => this.#received({ data: data as Buffer, isBinary }))
      .on('ping', (data) => this.#link?.ping(data))
      .on('pong', (data) => this.#link?.pong(data))
      .on('close', (code, reason) => this.#left(code, reason))
      // It is closed after that.
      .on('error', () => {})
  }

  /** From here on the client is that link's. What has come meanwhile goes to it when it is open. */
  switchTo(link: Link): void {
    const old = this.#link
    this.#link = link
    old?.retire()
    link.connect(this.#listenerTo(link))
    void link.answer.then(({ is }) => {
      if (this.#link !== link) return
      if (is === 'open') this.#flush()
      else this.#socket.close(SERVICE_RESTART, 'the route is gone')
    })
  }

  #listenerTo(link: Link): LinkListener {
    return {
      message: (data, isBinary) => this.#send(data, isBinary, link),
      ping: (data) => this.#ifOpen(() => this.#socket.ping(data)),
      pong: (data) => this.#ifOpen(() => this.#socket.pong(data)),
      closed: (code, reason) => {
        if (link === this.#link && !link.isRetired) closeAs(this.#socket, code, reason)
      },
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #received(message: Received): void {
    this.#waiting.push(message)
    this.#flush()
    if (this.#waiting.length > 0) this.#socket.pause()
  }

  /** Hands over what waits, in order: each message holds the version that it goes to. */
  #flush(): void {
    while (this.#waiting.length > 0 && this.#link?.isOpen === true && !this.#isPending) {
      const lease = this.#hold(`WebSocket ${this.request.url}`)
      if (lease instanceof Promise) {
        this.#isPending = true
        void lease.then(() => {
          this.#isPending = false
          this.#flush()
        })
        return
      }
      const { data, isBinary } = this.#waiting.shift() as Received
      const link = this.#link
      link.send(data, isBinary, () => {
        lease[DISPOSE]()
        if (link === this.#link && link.bufferedAmount <= ROOM) this.#resume()
      })
      if (link.bufferedAmount > ROOM) return this.#socket.pause()
    }
    this.#resume()
  }

  /** The version is held until it has seen to that. */
  #left(code: number, reason: Buffer): void {
    const lease = this.#hold(`WebSocket ${this.request.url}, its end`)
    const link = this.#link
    link?.close(code, reason)
    if (lease instanceof Promise) return
    void (link?.ended ?? Promise.resolve()).then(() => lease[DISPOSE]())
  }

  #resume(): void {
    if (this.#socket.isPaused && this.#waiting.length === 0) this.#socket.resume()
  }

  #send(data: Buffer, isBinary: boolean, link: Link): void {
    this.#ifOpen(() => {
      this.#socket.send(data, { binary: isBinary }, () => {
        if (this.#socket.bufferedAmount <= ROOM) link.resume()
      })
      if (this.#socket.bufferedAmount > ROOM) link.pause()
    })
  }

  #ifOpen(work: () => void): void {
    if (this.#socket.readyState === this.#socket.OPEN) work()
  }
}
