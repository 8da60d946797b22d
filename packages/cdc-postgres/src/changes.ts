import type { CdcBatch } from '@uni/reload-cdc'
import { RELATIONS } from './log/change-batch.js'

/**
 * A value of PostgreSQL: numbers of up to 32 bits and floating-point numbers that are finite as a number, `boolean` as
 * one, and everything else as PostgreSQL writes it, which is exact.
 */
export type PostgresValue = string | number | boolean | null

/** A row: its columns by name. A large value that an update left as it was is not among them. */
export type PostgresRow = Readonly<Record<string, PostgresValue>>

/** One change of the source. */
export type PostgresChange =
  | { readonly relation: string; readonly op: 'insert'; readonly new: PostgresRow }
  | {
      readonly relation: string
      readonly op: 'update'
      /** The key before, where it has changed; all of the row before with `REPLICA IDENTITY FULL`. */
      readonly old?: PostgresRow | undefined
      readonly new: PostgresRow
    }
  | {
      readonly relation: string
      readonly op: 'delete'
      /** The key; all of the row with `REPLICA IDENTITY FULL`. */
      readonly old: PostgresRow
    }
  | { readonly relation: string; readonly op: 'truncate' }

/** A column of a table that is published. */
export interface PostgresColumn {
  readonly name: string
  /** Such as `int8`, or `public.mood` for one that is not built in. */
  readonly type: string
  /** Whether it is part of the replica identity. */
  readonly key: boolean
}

/** The changes of a batch that a `PostgresCommitLog` gave, in their order. `relation` is `schema.table`. */
export function* changesOf({ mutations }: Pick<CdcBatch, 'mutations'>): Generator<PostgresChange, void, undefined> {
  const [relations, ops, olds, news] = ['relation', 'op', 'old', 'new'].map((name) => mutations.getChild(name))
  if (!relations || !ops || !olds || !news) {
    throw new TypeError('changesOf: expected a batch of a PostgresCommitLog, and got one with other columns')
  }
  for (let at = 0; at < mutations.numRows; at += 1) {
    const [before, after]: (string | null)[] = [olds.get(at), news.get(at)]
    yield {
      relation: relations.get(at) as string,
      op: ops.get(at) as string,
      ...(before != null && { old: JSON.parse(before) as unknown }),
      ...(after != null && { new: JSON.parse(after) as unknown }),
    } as PostgresChange
  }
}

/** The columns, as they were at the time, of the tables that a batch has changes of, by `schema.table`. */
export function relationsOf({
  mutations,
}: Pick<CdcBatch, 'mutations'>): Readonly<Record<string, readonly PostgresColumn[]>> {
  return JSON.parse(mutations.schema.metadata.get(RELATIONS) ?? '{}') as Record<string, readonly PostgresColumn[]>
}
