import type { Client } from 'pg'
import { PgoutputPlugin, type Pgoutput } from 'pg-logical-replication'
import { literal, quoted, reasonOf } from '../connect.js'
import { PostgresCdcError } from '../errors.js'
import { formatLsn, type WalLsn } from '../position.js'

/** PostgreSQL's epoch, 2000-01-01, in milliseconds of ours. */
const EPOCH_MS = 946_684_800_000

const WAL_DATA = 0x77
const KEEPALIVE = 0x6b
const STATUS_UPDATE = 0x72

/** Settings that values are written by: where batches end is counted in their bytes. */
export const WRITES_VALUES =
  '-c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC -c extra_float_digits=1 -c bytea_output=hex'

export interface ReplicationOptions {
  readonly slot: string
  readonly publications: readonly string[]
  readonly from: WalLsn
  /** A message of `pgoutput`, and how many bytes it has. What it throws ends the replication. */
  readonly message: (message: Pgoutput.Message, bytes: number) => void
  /** Everything that was committed below `lsn` has been sent. */
  readonly sentUpTo: (lsn: WalLsn) => void
}

/** What `pg` has of a connection beside its documented members, which replication cannot be had without. */
interface WireConnection {
  readonly stream: { pause(): void; resume(): void }
  on(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): void
  once(event: 'replicationStart', listener: () => void): void
  sendCopyFromChunk(chunk: Buffer): void
}

/** What the server sends from a slot. Acknowledges what it is told to, and nothing else. */
export class Replication {
  /** Resolves with why it has ended. */
  readonly ended: Promise<unknown>
  readonly #connection: WireConnection
  readonly #client: Client
  readonly #options: ReplicationOptions
  readonly #parser = new PgoutputPlugin({ protoVersion: 1, publicationNames: [] })
  #acknowledged: WalLsn = 0n
  #failure: unknown
  #over = false

  private constructor(client: Client, options: ReplicationOptions, copying: Promise<unknown>) {
    this.#client = client
    this.#connection = wireOf(client)
    this.#options = options
    this.#connection.on('copyData', ({ chunk }) => this.#received(chunk))
    this.ended = copying.then(
      () => this.#failure ?? new PostgresCdcError('CONNECTION', 'the server has ended the replication'),
      (error: unknown) => this.#failure ?? error,
    )
    void this.ended.then(() => {
      this.#over = true
    })
  }

  /** @param client connected with `replication: 'database'`; it is of no more use for anything else. */
  static async start(client: Client, options: ReplicationOptions): Promise<Replication> {
    const names = literal(options.publications.map(quoted).join(','))
    const started = new Promise<void>((resolve) => {
      wireOf(client).once('replicationStart', resolve)
    })
    const copying = client.query(
      `START_REPLICATION SLOT ${quoted(options.slot)} LOGICAL ${formatLsn(options.from)} (proto_version '1', publication_names ${names})`,
    )
    const replication = new Replication(client, options, copying)
    await Promise.race([started, copying])
    return replication
  }

  /** Everything that ends at or before `lsn` need not be sent again. */
  acknowledge(lsn: WalLsn): void {
    if (lsn > this.#acknowledged) this.#acknowledged = lsn
    this.status()
  }

  /** Tells the server that somebody is there. @param ping whether it is to answer. */
  status(ping = false): void {
    if (this.#over) return
    const update = Buffer.alloc(34)
    update[0] = STATUS_UPDATE
    // Written, flushed, and applied.
    for (const at of [1, 9, 17]) update.writeBigUInt64BE(this.#acknowledged, at)
    update.writeBigUInt64BE(BigInt(Date.now() - EPOCH_MS) * 1_000n, 25)
    update[33] = ping ? 1 : 0
    this.#connection.sendCopyFromChunk(update)
  }

  /** Until {@link resume} the server keeps what it has. */
  pause(): void {
    this.#connection.stream.pause()
  }
  resume(): void {
    this.#connection.stream.resume()
  }

  async close(): Promise<void> {
    this.#over = true
    this.#connection.stream.resume()
    await this.#client.end().catch(() => {})
  }

  #received(chunk: Buffer): void {
    if (this.#over) return
    try {
      if (chunk[0] === WAL_DATA) {
        const data = chunk.subarray(25)
        this.#options.message(this.#parser.parse(data), data.length)
      } else if (chunk[0] === KEEPALIVE) {
        this.#options.sentUpTo(chunk.readBigUInt64BE(1))
        if (chunk[17] === 1) this.status()
      }
    } catch (cause) {
      // In a listener of the connection nobody would catch it.
      this.#failure = PostgresCdcError.is(cause)
        ? cause
        : new PostgresCdcError('DECODING', `what the server sent cannot be decoded: ${reasonOf(cause)}`, {
            slot: this.#options.slot,
            cause,
          })
      void this.close()
    }
  }
}

function wireOf(client: Client): WireConnection {
  return (client as Client & { readonly connection: WireConnection }).connection
}
