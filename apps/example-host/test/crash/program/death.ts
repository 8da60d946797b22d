import fileSystem from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Journal, JournalRecord } from '@uni/reload-core'
import type { CdcLsn, CheckpointStore } from '@uni/reload-cdc'
import type { Order } from './protocol.js'

/** Kills the process where it would next move a new file to its place: what it wrote is there under another name. */
export function dieAtTheMove(): void {
  const { rename } = fileSystem
  fileSystem.rename = async (from, to) => {
    if (String(from).endsWith('.new')) process.kill(process.pid, 'SIGKILL')
    await rename(from, to)
  }
  syncBuiltinESMExports()
}

/** Kills the process at one of the named places, with nothing that it could do about it. */
export class Death {
  readonly #die: Order['die']
  #times = 0
  /** Nobody dies before the host has shown that it came back. */
  armed = false

  constructor(die: Order['die']) {
    this.#die = die
  }

  at(place: string): void {
    if (!this.armed || this.#die?.at !== place) return
    this.#times += 1
    if (this.#times >= this.#die.time) process.kill(process.pid, 'SIGKILL')
  }

  async around<T>(what: string, run: () => Promise<T>): Promise<T> {
    this.at(`before ${what}`)
    const result = await run()
    this.at(`after ${what}`)
    return result
  }

  journal(journal: Journal & AsyncDisposable): Journal & AsyncDisposable {
    return {
      append: (record: JournalRecord) => this.around(record.type, () => journal.append(record)),
      [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
    }
  }

  checkpoints(store: CheckpointStore): CheckpointStore {
    return {
      load: (stream: string) => store.load(stream),
      save: (stream: string, lsn: CdcLsn) => this.around('a checkpoint', () => store.save(stream, lsn)),
    }
  }
}
