import type { IncomingMessage, Server } from 'node:http'
import { AsyncLocalStorage } from 'node:async_hooks'
import { WebSocket } from 'ws'
import { PairEnd } from './duplex-pair.js'

/** What a version says to the client of a WebSocket. */
export interface LinkListener {
  message(data: Buffer, isBinary: boolean): void
  ping(data: Buffer): void
  pong(data: Buffer): void
  /** The version has closed the link, or is gone. */
  closed(code: number, reason: Buffer): void
}

/** How a version answers to a WebSocket. */
export type Answer =
  | { readonly is: 'open'; readonly protocol: string }
  | { readonly is: 'refused'; readonly response: IncomingMessage }
  | { readonly is: 'failed'; readonly error: Error }

/** A hook of the route waits for a state, which is there when the version serves. */
interface Waiting {
  readonly is: 'waiting'
}

/** Those of the client's that are about the connection itself, which is another one here. */
const OF_CONNECTION = /^(?:connection$|upgrade$|sec-websocket-)/

/** Links whose routes are being looked for, by what runs for them. */
const answering = new AsyncLocalStorage<Link>()

/** What runs now waits for the commit: whoever waits for a link's answer is told. */
export function linkWaitsForCommit(): void {
  answering.getStore()?.waits()
}

/**
 * A WebSocket between the host and one version, within the process. The version sees a client that has come, by its own
 * request, and routes it as any other.
 */
export class Link {
  readonly answer: Promise<Answer>
  /** As far as it is known before the commit. */
  readonly answerSoFar: Promise<Answer | Waiting>
  /** Resolves when it is closed, and the listeners for that in the version are done. */
  readonly ended: Promise<void>
  readonly #socket: WebSocket
  /** What the version has said before anybody listened. */
  #unheard: ((listener: LinkListener) => void)[] = []
  #listener: LinkListener | undefined
  /** Of messages that the version has not begun to see to yet. */
  readonly #unseen: (() => void)[] = []
  #underWay = 0
  #isTracked = false
  #isRetired = false
  #waits: () => void = () => {}
  #end: () => void = () => {}

  constructor(server: Server, request: IncomingMessage) {
    const [ours, theirs] = PairEnd.pair(request.socket)
    linkOf.set(theirs, this)
    const socket = answering.run(this, () => {
      server.emit('connection', theirs)
      return upgraded(ours, request)
    })

    this.#socket = socket
    this.answer = new Promise((resolve) => {
      socket
        .once('open', () => resolve({ is: 'open', protocol: socket.protocol }))
        .once('unexpected-response', (_, response) => resolve({ is: 'refused', response }))
        .on('error', (error) => resolve({ is: 'failed', error }))
    })
    const waiting = new Promise<Waiting>((resolve) => {
      this.#waits = () => resolve({ is: 'waiting' })
    })
    this.answerSoFar = Promise.race([this.answer, waiting])
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    socket
      .on('message', (data, isBinary) => this.#say((listener) => listener.message(data as Buffer, isBinary)))
      .on('ping', (data) => this.#say((listener) => listener.ping(data)))
      .on('pong', (data) => this.#say((listener) => listener.pong(data)))
      .on('close', (code, reason) => {
        for (const release of this.#unseen.splice(0)) release()
        if (!this.#isTracked) this.#end()
        this.#say((listener) => listener.closed(code, reason))
      })
  }

  get isRetired(): boolean {
    return this.#isRetired
  }

  /** Has the client told what the version says: what it has said so far, and from now on. */
  connect(listener: LinkListener): void {
    this.#listener = listener
    for (const say of this.#unheard.splice(0)) say(listener)
  }

  #say(what: (listener: LinkListener) => void): void {
    if (this.#listener === undefined) this.#unheard.push(what)
    else what(this.#listener)
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** How much waits to be taken by the version, in bytes. */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount
  }

  waits(): void {
    this.#waits()
  }

  /** @param release called once, when the version has seen to the message. */
  send(data: Buffer, isBinary: boolean, release: () => void): void {
    if (this.#isTracked) this.#unseen.push(release)
    this.#socket.send(data, { binary: isBinary }, () => {
      if (!this.#isTracked) release()
    })
  }

  ping(data: Buffer): void {
    if (this.isOpen) this.#socket.ping(data)
  }

  pong(data: Buffer): void {
    if (this.isOpen) this.#socket.pong(data)
  }

  pause(): void {
    if (this.isOpen) this.#socket.pause()
  }

  resume(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  close(code: number, reason: Buffer | string): void {
    this.#isRetired = true
    closeAs(this.#socket, code, reason)
  }

  /** Ends it without a word. */
  cut(): void {
    this.#isRetired = true
    this.#socket.terminate()
  }

  /** It serves no more: it is closed as soon as what it has begun with is done. */
  retire(): void {
    this.#isRetired = true
    this.#closeRetired()
  }

  /** Has it know when the listeners of the version are done with a message, or with its end. */
  track(socket: WebSocket): void {
    this.#isTracked = true
    const emit = socket.emit
    const tracked = (event: string, ...args: unknown[]): boolean => {
      if (event === 'message') return this.#called(socket, event, args, this.#unseen.shift() ?? (() => {}))
      if (event === 'close') return this.#called(socket, event, args, this.#end)
      return Reflect.apply(emit, socket, [event, ...args]) as boolean
    }
    socket.emit = tracked as typeof socket.emit
  }

  #called(socket: WebSocket, event: string, args: readonly unknown[], done: () => void): boolean {
    const listeners = socket.rawListeners(event)
    const outcomes: unknown[] = []
    this.#underWay += 1
    const over = (): void => {
      done()
      this.#underWay -= 1
      if (this.#isRetired && event === 'message') this.#closeRetired()
    }
    try {
      for (const listener of listeners) outcomes.push(Reflect.apply(listener, socket, args))
    } finally {
      const pending = outcomes.filter((outcome) => outcome instanceof Promise)
      let left = pending.length
      const one = (): void => {
        left -= 1
        if (left === 0) over()
      }
      if (left === 0) over()
      // Not by `then`: what it rejects with stays unhandled, as it would be without this.
      else for (const each of pending) void each.finally(one)
    }
    return listeners.length > 0
  }

  #closeRetired(): void {
    if (this.#underWay === 0 && this.#unseen.length === 0) this.close(SERVICE_RESTART, 'reloaded')
  }
}

/** What the routes of a version that leaves see in place of a client that has left: the client goes on elsewhere. */
export const SERVICE_RESTART = 1012
const NO_CODE = 1005
const ABNORMAL = 1006

/** Closes a WebSocket as the one on the other side was closed. */
export function closeAs(socket: WebSocket, code: number, reason: Buffer | string): void {
  if (code === ABNORMAL || socket.readyState === WebSocket.CONNECTING) socket.terminate()
  else if (code === NO_CODE) socket.close()
  else socket.close(code, reason)
}

const linkOf = new WeakMap<object, Link>()

/** The link that a request of a version came by. */
export function linkOfRequest(request: IncomingMessage): Link | undefined {
  return linkOf.get(request.socket)
}

function headersOf({ headers }: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OF_CONNECTION.test(name) ? [] : [[name, value]],
    ),
  )
}

function protocolsOf({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '')
}

/** Asks by `end` for what the client has asked for. */
function upgraded(end: PairEnd, request: IncomingMessage): WebSocket {
  return new WebSocket('ws://localhost', protocolsOf(request), {
    createConnection: () => end as never,
    headers: headersOf(request),
    perMessageDeflate: false,
    skipUTF8Validation: true,
    // The client answers itself, so that a version notices one that is gone.
    autoPong: false,
    maxPayload: 0,
    finishRequest: (upgrade) => {
      // As it was sent: `new URL` would have changed it.
      upgrade.path = request.url ?? '/'
      upgrade.end()
    },
  })
}
