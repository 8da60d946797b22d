import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { ChatMessage } from '../../plugins/chat/contract.js'
import { VersionLog, type VersionsSeen } from './version-log.js'

/** Somebody in the chat, at the other end of a WebSocket. */
export class Talker {
  /** What was said, by whomever, in the order in which it came. */
  readonly heard: ChatMessage[] = []
  /** What this one has said. */
  readonly said: string[] = []
  /** Whether the socket was closed by the host. */
  cutOff = false
  readonly #name: string
  readonly #socket: WebSocket

  private constructor(name: string, socket: WebSocket) {
    this.#name = name
    this.#socket = socket
    socket.on('message', (data) => this.heard.push(JSON.parse(String(data)) as ChatMessage))
    socket.on('close', () => {
      this.cutOff = true
    })
  }

  static async connect(name: string, url: string): Promise<Talker> {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new Talker(name, socket)
  }

  async talk(stop: AbortSignal): Promise<void> {
    for (let turn = 0; !stop.aborted; turn += 1) {
      const text = `${this.#name}:${turn}`
      this.#socket.send(text)
      this.said.push(text)
      await delay(60)
    }
  }
}

/** Which version has sent each broadcast: the same to everybody. */
export function broadcastsHeard(talkers: readonly Pick<Talker, 'heard'>[]): VersionsSeen {
  const versions = new Map<string, string[]>()
  for (const { version, text } of talkers.flatMap(({ heard }) => heard))
    versions.set(text, [...(versions.get(text) ?? []), version])
  const log = new VersionLog('chat')
  for (const sentBy of versions.values()) log.answered(sentBy)
  return log.seen
}
