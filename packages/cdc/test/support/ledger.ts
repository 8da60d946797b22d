import type { RecordBatch } from 'apache-arrow'
import type { CdcBatch, CdcGap, CdcLsn, CdcOutputProvider, CdcStartContext, CdcStream } from '../../src/index.js'
import type { CdcCapabilities, CdcFixture } from '../../src/testing/index.js'

/** One line of a ledger: one batch. Written in one go, so that a crash leaves all of it or a part that is no line. */
export interface Entry {
  readonly lsnStart: string
  readonly lsnEnd: string
  readonly ids: readonly number[]
  /** Since version 2: when it was committed. */
  readonly at?: string
}

/**
 * The files of a ledger. They outlive the program, which a crash ends: nothing that was open before has any effect
 * after.
 */
export class Disk {
  readonly files = new Map<string, string>()
  life = 0
  down = false

  read(file: string): string {
    if (this.down) throw new Error('the disk is gone')
    return this.files.get(file) ?? ''
  }

  write(file: string, text: string): void {
    if (this.down) throw new Error('the disk is gone')
    this.files.set(file, text)
  }
}

/** A sink that keeps the LSNs of each batch with its rows: exactly once. */
export class Ledger implements CdcOutputProvider {
  readonly name: string = 'ledger'
  readonly disk: Disk

  constructor(disk: Disk) {
    this.disk = disk
  }

  start(ctx: CdcStartContext): CdcStream | Promise<CdcStream> {
    return new LedgerStream(this.disk, this.fileOf(ctx), this.resume(ctx), ctx.fromLsn, (batch) => this.entryOf(batch))
  }

  fileOf({ stream = 'only' }: CdcStartContext): string {
    return stream
  }

  /** Drops what a crash left half written. Returns the LSN the ledger ends at, if it has any. */
  resume(ctx: CdcStartContext): CdcLsn | undefined {
    const file = this.fileOf(ctx)
    const text = this.disk.read(file)
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole !== text) this.disk.write(file, whole)
    const end = endOf(entriesOf(whole))
    if (end === undefined || ctx.fromLsn === undefined || end >= ctx.fromLsn) return end
    if (ctx.gap === undefined)
      throw new Error(`the ledger ends at ${end}, and is to go on at ${ctx.fromLsn}: rows are missing`)
    this.disk.write(file, `${whole}${JSON.stringify(this.gapEntry(ctx.gap))}\n`)
    return ctx.gap.to
  }

  entryOf({ lsnStart, lsnEnd, mutations, commitTimestamp }: CdcBatch): Entry {
    return {
      lsnStart: String(lsnStart),
      lsnEnd: String(lsnEnd),
      ids: idsOf(mutations),
      at: commitTimestamp.toISOString(),
    }
  }

  gapEntry({ from, to }: CdcGap): Entry {
    return { lsnStart: String(from), lsnEnd: String(to), ids: [] }
  }
}

/** The version before: its lines do not say when they were committed. */
export class LedgerV1 extends Ledger {
  override entryOf(batch: CdcBatch): Entry {
    const { at, ...entry } = super.entryOf(batch)
    void at
    return entry
  }
}

export class LedgerStream implements CdcStream {
  readonly #disk: Disk
  readonly #file: string
  readonly #life: number
  readonly #entryOf: (batch: CdcBatch) => Entry
  #end: CdcLsn | undefined
  #handed: CdcLsn
  #open = true

  constructor(
    disk: Disk,
    file: string,
    end: CdcLsn | undefined,
    fromLsn: CdcLsn | undefined,
    entryOf: (batch: CdcBatch) => Entry,
  ) {
    this.#disk = disk
    this.#file = file
    this.#life = disk.life
    this.#end = end
    this.#handed = fromLsn ?? end ?? 0n
    this.#entryOf = entryOf
  }

  deliver(batch: CdcBatch): void | Promise<void> {
    this.#alive()
    if (this.#end === undefined || batch.lsnEnd > this.#end) {
      const line = `${JSON.stringify(this.#entryOf(batch))}\n`
      this.#disk.write(this.#file, this.#disk.read(this.#file) + line)
      this.#end = batch.lsnEnd
    }
    this.#handed = batch.lsnEnd
  }

  checkpoint(): CdcLsn | Promise<CdcLsn> {
    this.#alive()
    return this.#handed
  }

  shutdown(): void | Promise<void> {
    this.#open = false
  }

  #alive(): void {
    if (this.#life !== this.#disk.life) throw new Error('the program has crashed')
    if (!this.#open) throw new Error('the stream was shut down')
  }
}

/** Keeps what it was delivered in memory until a checkpoint flushes it, and no LSN: at least once. */
export class Buffered implements CdcOutputProvider {
  readonly name = 'buffered'
  readonly disk: Disk

  constructor(disk: Disk) {
    this.disk = disk
  }

  start({ stream = 'only', fromLsn = 0n }: CdcStartContext): CdcStream {
    const { disk } = this
    const { life } = disk
    const pending: Entry[] = []
    let handed = fromLsn
    let open = true
    const alive = (): void => {
      if (!open || life !== disk.life) throw new Error('the stream has ended')
    }
    return {
      deliver({ lsnStart, lsnEnd, mutations }) {
        alive()
        pending.push({ lsnStart: String(lsnStart), lsnEnd: String(lsnEnd), ids: idsOf(mutations) })
        handed = lsnEnd
      },
      checkpoint() {
        alive()
        disk.write(stream, disk.read(stream) + pending.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
        pending.length = 0
        return handed
      },
      shutdown() {
        open = false
      },
    }
  }
}

export const LEDGER: CdcCapabilities = {
  guarantee: 'exactly-once',
  lsnBits: 80,
  noticesLoss: true,
  crash: true,
  outage: true,
  torn: true,
  older: true,
  downgrade: true,
}
export const BUFFERED: CdcCapabilities = { guarantee: 'at-least-once', crash: true, outage: true }

/** A ledger as the suite sees it, or something that is meant to be one. */
export function ledgerFixture(make: (disk: Disk) => CdcOutputProvider = (disk) => new Ledger(disk)): CdcFixture {
  const disk = new Disk()
  return {
    provider: () => make(disk),
    older: () => new LedgerV1(disk),
    stored: (stream) => entriesOf(disk.files.get(stream) ?? '').flatMap(({ ids }) => ids),
    crash() {
      disk.life += 1
    },
    outage() {
      disk.down = true
      return () => {
        disk.down = false
      }
    },
    tear(stream) {
      disk.write(stream, `${disk.read(stream)}{"lsnStart":"1006","lsnEnd":"10`)
    },
    save: () => Object.fromEntries(Array.from(disk.files, ([file, text]) => [file, new TextEncoder().encode(text)])),
    restore(files) {
      disk.files.clear()
      for (const [file, bytes] of Object.entries(files)) disk.files.set(file, new TextDecoder().decode(bytes))
    },
  }
}

/** The whole lines of a ledger. */
export function entriesOf(text: string): Entry[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Entry)
}

function endOf(entries: readonly Entry[]): CdcLsn | undefined {
  const last = entries.at(-1)
  return last && BigInt(last.lsnEnd)
}

/** @throws Error where there is no column of whole numbers that is called `id`. */
export function idsOf(mutations: RecordBatch): number[] {
  const column = mutations.getChild('id')
  if (column === null) throw new Error('a ledger takes a column id')
  return Array.from({ length: mutations.numRows }, (_, at) => {
    const id: unknown = column.get(at)
    if (typeof id !== 'number') throw new Error(`row ${at} has no id`)
    return id
  })
}
