import { isDeepStrictEqual } from 'node:util'
import { LoroDoc } from 'loro-crdt'
import type { Replica } from './replica.js'

/** A replica of a sheet: each token is the name of a cell. */
export class SheetReplica implements Replica {
  readonly #document = new LoroDoc()

  add(token: string): Uint8Array {
    const before = this.#document.version()
    this.#document.getMap('cells').set(token, 1)
    this.#document.commit()
    return this.#document.export({ mode: 'update', from: before })
  }

  catchUpWith(other: Replica): void {
    if (!(other instanceof SheetReplica)) throw new TypeError('a sheet catches up with a sheet')
    this.#document.import(other.#document.export({ mode: 'update', from: this.#document.version() }))
  }

  agreesWith(value: unknown): boolean {
    return isDeepStrictEqual(value, {
      title: this.#document.getText('title').toString(),
      cells: this.#document.getMap('cells').toJSON() as unknown,
    })
  }
}
