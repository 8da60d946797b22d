import type { CrdtReplica, Random } from '@uni/reload-crdt/testing'
import { LoroDoc } from 'loro-crdt'

/** Somebody who edits a sheet. */
export class SheetReplica implements CrdtReplica {
  readonly #doc = new LoroDoc()

  constructor(id: number) {
    this.#doc.setPeerId(`${id}`)
  }

  edit(random: Random): Uint8Array {
    const from = this.#doc.version()
    const title = this.#doc.getText('title')
    const cells = this.#doc.getMap('cells')
    const at = Math.floor(random() * 1_000)
    const cell = `A${at % 4}`
    const dice = random()
    if (dice < 0.2 && title.length > 0) title.delete(at % title.length, 1)
    else if (dice < 0.35 && cells.get(cell) !== undefined) cells.delete(cell)
    else if (dice < 0.6) cells.set(cell, { formula: `=B${at}`, shown: [at, null] })
    else title.insert(at % (title.length + 1), at.toString(36))
    this.#doc.commit()
    return this.#doc.export({ mode: 'update', from })
  }

  receive(op: Uint8Array): void {
    this.#doc.import(op)
  }
}
