import { Client } from 'pg'
import { LogicalReplicationService, PgoutputPlugin, type Pgoutput } from 'pg-logical-replication'
import { Field, makeData, RecordBatch, Schema, Struct, Utf8, vectorFromArray, type Data } from 'apache-arrow'
import { MemoryCommitLog, type CdcLsn } from '../../../src/index.js'

/** One changed row of the source. */
interface Change {
  readonly relation: string
  readonly op: string
  /** The row as it is now, in JSON; of a deleted one, its key. */
  readonly row: string
}

const FIELDS = ['relation', 'op', 'row'].map((name) => new Field(name, new Utf8()))
const SCHEMA = new Schema(FIELDS)

/** PostgreSQL's epoch, 2000-01-01, in milliseconds of ours. */
const EPOCH_MS = 946_684_800_000

/** A log that tells how far it was released: so far the source need keep nothing either. */
class ReleasedLog extends MemoryCommitLog {
  onRelease: () => void = () => {}

  override release(upTo: CdcLsn): void {
    super.release(upTo)
    this.onRelease()
  }
}

/**
 * The transactions of a PostgreSQL, decoded by `pgoutput`, as a commit log. A batch is a transaction; it goes from the
 * end of the commit before to the end of its own, in LSNs of PostgreSQL. The replication slot is told only of what was
 * released, so that after a crash it sends everything again that a stream may still need, with the same LSNs.
 */
export class DecodedLog implements AsyncDisposable {
  readonly log: ReleasedLog
  readonly #service: LogicalReplicationService
  readonly #streaming: Promise<unknown>
  #transaction: Change[] = []
  #failure: unknown

  private constructor(url: string, slot: string, publication: string, start: CdcLsn) {
    this.log = new ReleasedLog(start)
    // It must neither acknowledge what was received nor, by its timer, what was received last: only what was released.
    this.#service = new LogicalReplicationService(
      { connectionString: url },
      { acknowledge: { auto: false, timeoutSeconds: 0 } },
    )
    this.#service.on('data', (_, message: Pgoutput.Message) => this.#take(message))
    this.#service.on('heartbeat', (_, __, shouldRespond) => {
      if (shouldRespond) this.#acknowledge()
    })
    this.#service.on('error', (error) => {
      this.#failure = error
    })
    this.log.onRelease = () => this.#acknowledge()
    this.#streaming = this.#service
      .subscribe(new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] }), slot, format(start))
      .catch((error: unknown) => {
        this.#failure = error
      })
  }

  /** Goes on where the slot was told to; a slot that is new begins now. */
  static async open(url: string, slot: string, publication: string): Promise<DecodedLog> {
    const client = new Client(url)
    await client.connect()
    try {
      await client.query(
        `
        SELECT pg_create_logical_replication_slot($1, 'pgoutput') WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)
      `,
        [slot],
      )
      // Of a process that was killed, the server may not have noticed yet.
      for (;;) {
        const { rows } = await client.query<{ lsn: string; pid: number | null }>(
          'SELECT confirmed_flush_lsn AS lsn, active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1',
          [slot],
        )
        const [found] = rows
        if (found === undefined) throw new Error(`no slot ${slot}`)
        if (found.pid === null) return new DecodedLog(url, slot, publication, parse(found.lsn))
        await client.query('SELECT pg_terminate_backend($1, 10000)', [found.pid])
      }
    } finally {
      await client.end()
    }
  }

  /** Resolves once everything committed below `lsn` is in the log. */
  async reaches(lsn: CdcLsn): Promise<void> {
    if (lsn > this.log.head)
      await Promise.race([this.log.waitFor(lsn - 1n, new AbortController().signal), this.#streaming])
    if (this.log.head < lsn) throw new Error('decoding has ended', { cause: this.#failure })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service.destroy()
    await this.#streaming
  }

  #take(message: Pgoutput.Message): void {
    switch (message.tag) {
      case 'begin':
        this.#transaction = []
        break
      case 'insert':
      case 'update':
        this.#note(message.tag, message.relation.name, message.new)
        break
      case 'delete':
        this.#note(message.tag, message.relation.name, message.key ?? {})
        break
      case 'commit':
        this.#commit(message)
        break
    }
  }

  #note(op: string, relation: string, row: object): void {
    this.#transaction.push({ op, relation, row: JSON.stringify(row) })
  }

  #commit({ commitEndLsn, commitTime }: Pgoutput.MessageCommit): void {
    const lsnEnd = parse(commitEndLsn ?? '')
    // What the slot was told before a crash is rounded down: it may send a transaction that is behind the log's start.
    if (lsnEnd <= this.log.head || this.#transaction.length === 0) return
    this.log.append(rowsOf(this.#transaction), new Date(EPOCH_MS + Number(commitTime.valueOf() / 1_000n)), lsnEnd)
  }

  #acknowledge(): void {
    // The service adds one to what it is given; the slot must never be told more than was released, or a transaction
    // whose commit begins right there would be left out.
    void this.#service.acknowledge(format(this.log.oldest - 1n))
  }
}

function rowsOf(changes: readonly Change[]): RecordBatch {
  const children = FIELDS.map(
    ({ name }) =>
      vectorFromArray(
        changes.map((change) => change[name as keyof Change]),
        new Utf8(),
      ).data[0] as Data<Utf8>,
  )
  return new RecordBatch(SCHEMA, makeData({ type: new Struct(FIELDS), length: changes.length, nullCount: 0, children }))
}

/** From PostgreSQL's way of writing an LSN: its upper and its lower 32 bits in hexadecimal. */
export function parse(text: string): CdcLsn {
  const [upper, lower] = text.split('/')
  if (upper === undefined || lower === undefined) throw new Error(`"${text}" is no LSN`)
  return (BigInt(`0x${upper}`) << 32n) | BigInt(`0x${lower}`)
}

function format(lsn: CdcLsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()
}
