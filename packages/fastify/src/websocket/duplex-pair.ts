import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

/** Of the socket of a client, what the routes of a version look at. */
const SEEN = ['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'encrypted'] as const

/** One end of a connection within the process: what is written to it, the other end reads. */
export class PairEnd extends Duplex {
  #other: PairEnd | undefined
  #taken: (() => void) | undefined

  /** @param client of which the other end says where it is from. */
  static pair(client: Socket): [PairEnd, PairEnd] {
    const ends: [PairEnd, PairEnd] = [new PairEnd(), new PairEnd()]
    const [one, other] = ends
    one.#other = other
    other.#other = one
    for (const name of SEEN) {
      Object.defineProperty(other, name, { value: Reflect.get(client, name), enumerable: true, configurable: true })
    }
    return ends
  }

  override _read(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    const other = this.#other
    if (other === undefined || other.destroyed || other.readableEnded) return done()
    if (other.push(chunk)) done()
    else other.#taken = done
  }

  override _final(done: () => void): void {
    this.#other?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other
    this.#other = undefined
    // As a socket that is cut off: the other end is told, and not by an error of this one.
    if (other !== undefined) process.nextTick(() => other.destroy())
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
    done(error)
  }
}
