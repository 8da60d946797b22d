import { below, seeded, type Random } from './random.js'
import type { CrdtReplica, CrdtSubject } from './subject.js'

/** One edit. Edits are listed in the order in which they were made: each comes after those that it builds on. */
export interface MadeEdit {
  readonly replica: number
  readonly op: Uint8Array
  /** How many of the edits before it its replica knew of, at least. */
  readonly after: number
}

export interface EditOptions {
  readonly count: number
  readonly seed: number
  /** The number of replicas that edit. Default 3. */
  readonly replicas?: number | undefined
}

/** The probability with which a replica catches up with the others before it edits. */
const CATCHES_UP = 0.15

/** Replicas of one document that edit concurrently, and catch up with each other now and then. */
export class Editors {
  readonly made: MadeEdit[] = []
  readonly #random: Random
  readonly #replicas: readonly CrdtReplica[]
  /** How many of the edits each replica has received. */
  readonly #seen: number[]

  constructor(subject: CrdtSubject, { seed, replicas = 3 }: Omit<EditOptions, 'count'>) {
    this.#random = seeded(seed)
    this.#replicas = Array.from({ length: replicas }, (_, i) => subject.replica(i + 1))
    this.#seen = this.#replicas.map(() => 0)
  }

  /** Makes `count` edits, by replicas chosen at random. */
  edit(count: number): MadeEdit[] {
    const from = this.made.length
    for (let n = 0; n < count; n += 1) {
      const who = below(this.#replicas.length, this.#random)
      if (this.#random() < CATCHES_UP) this.#catchUp(who)
      this.#editBy(who)
    }
    return this.made.slice(from)
  }

  /** Has one replica make edits without catching up. */
  editApart(count: number, who: number): MadeEdit[] {
    const from = this.made.length
    for (let n = 0; n < count; n += 1) this.#editBy(who)
    return this.made.slice(from)
  }

  catchUpAll(): void {
    for (const who of this.#replicas.keys()) this.#catchUp(who)
  }

  #catchUp(who: number): void {
    for (const { replica, op } of this.made.slice(this.#seen[who]))
      if (replica !== who) this.#replicas[who]?.receive(op)
    this.#seen[who] = this.made.length
  }

  #editBy(who: number): void {
    const replica = this.#replicas[who] as CrdtReplica
    this.made.push({ replica: who, op: new Uint8Array(replica.edit(this.#random)), after: this.#seen[who] as number })
  }
}

export function makeEdits(subject: CrdtSubject, { count, ...options }: EditOptions): Uint8Array[] {
  return opsOf(new Editors(subject, options).edit(count))
}

/** Edits of replicas while another one was away, and what that one did meanwhile. */
export interface LateEdits {
  readonly shared: readonly Uint8Array[]
  readonly meanwhile: readonly Uint8Array[]
  /** The edits of the one that was away, which knew of `shared` only. */
  readonly late: readonly Uint8Array[]
}

/** `count` edits, a third of each sort. */
export function makeLateEdits(subject: CrdtSubject, { count, seed }: Pick<EditOptions, 'count' | 'seed'>): LateEdits {
  const editors = new Editors(subject, { seed })
  const part = Math.ceil(count / 3)
  const shared = editors.edit(part)
  editors.catchUpAll()
  const late = editors.editApart(part, 0)
  const meanwhile = [1, 2].flatMap((who) => editors.editApart(Math.ceil(part / 2), who))
  return { shared: opsOf(shared), meanwhile: opsOf(meanwhile), late: opsOf(late) }
}

export function opsOf(edits: readonly MadeEdit[]): Uint8Array[] {
  return edits.map(({ op }) => op)
}
