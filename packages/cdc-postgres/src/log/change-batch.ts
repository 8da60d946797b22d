import { Field, makeData, RecordBatch, Schema, Struct, Utf8, type Data } from 'apache-arrow'

/** The columns of a batch, in which each row is one change. All are text; `old` and `new` are JSON objects or null. */
const COLUMNS = ['relation', 'op', 'old', 'new'] as const
const FIELDS = COLUMNS.map((name) => new Field(name, new Utf8(), name === 'old' || name === 'new'))
const ROW = new Struct(FIELDS)

/** The key of a batch's metadata under which the columns of its relations are, as JSON. */
export const RELATIONS = '@uni/reload-cdc-postgres/relations'

/** Ends of the pieces of a slab, in bytes: Arrow reads its buffers fastest where they begin. */
const ALIGNMENT = 8
const SLAB_BYTES = 1_048_576

/**
 * Memory that batches share. A buffer of their own for each of their columns would have the collector run all the time,
 * since most transactions are small.
 */
class Slab {
  #buffer = new ArrayBuffer(0)
  #used = 0

  /** @returns a piece that nobody else has; what is in it is 0. */
  take(bytes: number): { readonly buffer: ArrayBuffer; readonly offset: number } {
    if (bytes > SLAB_BYTES / 4) return { buffer: new ArrayBuffer(bytes), offset: 0 }
    if (this.#used + bytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(SLAB_BYTES)
      this.#used = 0
    }
    const offset = this.#used
    this.#used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    return { buffer: this.#buffer, offset }
  }
}

const slab = new Slab()

/** The schemas of batches, by the relations that they have changes of: most batches are of the same. */
const schemas = new Map<string, Schema>()
const MOST_SCHEMAS = 1000

function schemaOf(relations: readonly DescribedRelation[]): Schema {
  const key = relations.map(({ id }) => id).join()
  const known = schemas.get(key)
  if (known !== undefined) return known
  const columns = relations.map(({ name, described }) => `${JSON.stringify(name)}:${described}`)
  const schema = new Schema(FIELDS, new Map([[RELATIONS, `{${columns.join(',')}}`]]))
  if (schemas.size >= MOST_SCHEMAS) schemas.clear()
  schemas.set(key, schema)
  return schema
}

interface DescribedRelation {
  /** Another for each description. */
  readonly id: number
  readonly name: string
  /** Its columns as JSON. */
  readonly described: string
}

/** What was changed, as it is put into a batch. */
export class ChangeRows {
  readonly #columns: readonly [Texts, Texts, Texts, Texts] = [[], [], [], []]
  readonly #relations: DescribedRelation[] = []
  /** Bytes that these changes had in the replication protocol. */
  bytes = 0

  get length(): number {
    return this.#columns[0].length
  }

  add(relation: DescribedRelation, op: string, before: string | null, after: string | null): void {
    const [relations, ops, olds, news] = this.#columns
    relations.push(relation.name)
    ops.push(op)
    olds.push(before)
    news.push(after)
    if (this.#relations.at(-1) !== relation) this.#note(relation)
  }

  /** The last description of a table holds: it cannot change within a transaction that writes to it before. */
  #note(relation: DescribedRelation): void {
    const at = this.#relations.findIndex(({ name }) => name === relation.name)
    if (at === -1) this.#relations.push(relation)
    else this.#relations[at] = relation
  }

  toBatch(): RecordBatch {
    const { length } = this
    const children = this.#columns.map(textData)
    return new RecordBatch(schemaOf(this.#relations), makeData({ type: ROW, length, nullCount: 0, children }))
  }
}

type Texts = (string | null)[]

const UTF8 = new Utf8()

/** A column of text: `vectorFromArray` of Arrow's takes ten times as long. */
function textData(texts: Texts): Data<Utf8> {
  const { length } = texts
  let nullCount = 0
  let bytes = 0
  for (const text of texts) {
    if (text === null) nullCount += 1
    else bytes += Buffer.byteLength(text)
  }
  const bitmapBytes = nullCount === 0 ? 0 : Math.ceil(length / 64) * 8
  const offsetsBytes = Math.ceil(((length + 1) * 4) / ALIGNMENT) * ALIGNMENT
  const { buffer, offset } = slab.take(bitmapBytes + offsetsBytes + bytes)
  const nullBitmap = nullCount === 0 ? null : new Uint8Array(buffer, offset, bitmapBytes)
  const valueOffsets = new Int32Array(buffer, offset + bitmapBytes, length + 1)
  const data = Buffer.from(buffer, offset + bitmapBytes + offsetsBytes, bytes)
  let end = 0
  for (let at = 0; at < length; at += 1) {
    const text = texts[at] as string | null
    if (text !== null) {
      end += data.write(text, end)
      // A bit for each text that is there, the lowest first.
      if (nullBitmap) nullBitmap[at >> 3] = (nullBitmap[at >> 3] as number) | (1 << (at & 7))
    }
    valueOffsets[at + 1] = end
  }
  return makeData({ type: UTF8, length, nullCount, nullBitmap, valueOffsets, data })
}
