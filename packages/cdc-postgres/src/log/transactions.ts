import type { CdcLsn } from '@uni/reload-cdc'
import type { Pgoutput } from 'pg-logical-replication'
import { PostgresCdcError } from '../errors.js'
import { parseLsn, positionOf, type WalLsn } from '../position.js'
import { ChangeRows } from './change-batch.js'
import { described, type Relation, type TypeNames } from './relations.js'
import { rowJson } from './values.js'

/**
 * How much of a transaction is one batch, in bytes of the replication protocol. It is not to be chosen: where batches
 * end has to be the same each time that a transaction is sent, in later versions too.
 */
export const BATCH_BYTES = 1_048_576

/** Ends of batches that there are between the start of a commit record, which has 32 bytes or more, and its end. */
const MOST_PARTS = positionOf(32n) - 1n

export interface TransactionsOptions {
  readonly types: TypeNames
  /** Told of each batch that is complete. */
  readonly take: (rows: ChangeRows, end: CdcLsn, committedAt: Date) => void
  /** Told of each table that the server describes: before its first change, and again where it has changed. */
  readonly relation: (relation: Relation) => void
}

interface Open {
  readonly commit: WalLsn
  readonly committedAt: Date
  rows: ChangeRows
  parts: bigint
}

/** Makes batches of what `pgoutput` sends: a transaction each, or several of one that is large. */
export class Transactions {
  readonly #options: TransactionsOptions
  readonly #relations = new WeakMap<Pgoutput.MessageRelation, Relation>()
  #open: Open | undefined

  constructor(options: TransactionsOptions) {
    this.#options = options
  }

  /** Whether a transaction is being sent. */
  get underWay(): boolean {
    return this.#open !== undefined
  }

  /** @param bytes how long the message is. */
  take(message: Pgoutput.Message, bytes: number): void {
    switch (message.tag) {
      case 'begin':
        this.#open = {
          commit: parseLsn(message.commitLsn ?? ''),
          committedAt: new Date(Number(message.commitTime.valueOf() / 1_000n)),
          rows: new ChangeRows(),
          parts: 0n,
        }
        return
      case 'relation':
        this.#describe(message)
        return
      case 'insert':
        this.#add(message, bytes, null, message.new)
        return
      case 'update':
        this.#add(message, bytes, message.old ?? message.key, message.new)
        return
      case 'delete':
        this.#add(message, bytes, message.old ?? message.key, null)
        return
      case 'truncate':
        for (const relation of message.relations) this.#add({ tag: 'truncate', relation }, bytes, null, null)
        return
      case 'commit':
        this.#commit(parseLsn(message.commitEndLsn ?? ''))
    }
  }

  #describe(message: Pgoutput.MessageRelation): void {
    const relation = described(message, this.#options.types)
    this.#relations.set(message, relation)
    if (!relation.own) this.#options.relation(relation)
  }

  #add(
    { tag, relation: described }: { readonly tag: string; readonly relation: Pgoutput.MessageRelation },
    bytes: number,
    before: Tuple | null,
    after: Tuple | null,
  ): void {
    const relation = this.#relations.get(described)
    if (relation === undefined || this.#open === undefined) {
      throw new PostgresCdcError(
        'DECODING',
        `a change came ${relation ? 'outside a transaction' : 'of no known table'}`,
      )
    }
    if (relation.own) return
    this.#cut(this.#open)
    const { rows } = this.#open
    rows.add(relation, tag, jsonOf(relation, before), jsonOf(relation, after))
    rows.bytes += bytes
  }

  /** Ends a batch that has enough, now that another change follows: the last one is to end with the transaction. */
  #cut(open: Open): void {
    if (open.rows.bytes < BATCH_BYTES || open.parts >= MOST_PARTS) return
    open.parts += 1n
    this.#options.take(open.rows, positionOf(open.commit) + open.parts, open.committedAt)
    open.rows = new ChangeRows()
  }

  #commit(end: WalLsn): void {
    const open = this.#open
    this.#open = undefined
    if (open !== undefined && open.rows.length > 0) {
      this.#options.take(open.rows, positionOf(end), open.committedAt)
    }
  }
}

type Tuple = Readonly<Record<string, string | null | undefined>>

function jsonOf({ columns, names }: Relation, tuple: Tuple | null): string | null {
  return tuple && rowJson(names, (at) => tuple[(columns[at] as { name: string }).name])
}
