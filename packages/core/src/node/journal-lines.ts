import { crc32 } from 'node:zlib'
import { ReloadError } from '../errors.js'
import type { JournalRecord } from '../journal/record.js'

/** The first line of a journal: what it is, and the version of its format. */
const HEADER = 'uni-reload journal 2\n'

/**
 * Writes records as lines: a checksum in eight hexadecimal digits, the number of the line, the record as JSON. The
 * checksum is the CRC-32 of all lines so far, so that no line can be lost, doubled or come from another file. The
 * header is line 1.
 */
export class JournalEncoder {
  #line = 1
  #checksum = crc32(HEADER)

  /** The content of a file with these records. */
  begin(records: readonly JournalRecord[]): string {
    return HEADER + records.map((record) => this.next(record)).join('')
  }

  next(record: JournalRecord): string {
    this.#line += 1
    const content = `${this.#line} ${JSON.stringify(record)}`
    this.#checksum = crc32(content, this.#checksum)
    return `${digits(this.#checksum)} ${content}\n`
  }
}

/**
 * The records of a journal. The last one is left out if a crash has torn it; the first cannot be torn, as the file is
 * put in its place with it.
 *
 * @throws ReloadError `JOURNAL` where anything else is missing or damaged.
 */
export function decodeJournal(text: string, file: string): JournalRecord[] {
  if (!text.startsWith(HEADER)) throw damaged(file, headerProblem(text))
  const lines = text.slice(HEADER.length).split('\n')
  const torn = lines.pop() as string
  const records: JournalRecord[] = []
  let checksum = crc32(HEADER)
  const take = (line: string): boolean => {
    const content = line.slice(9)
    const expected = crc32(content, checksum)
    if (line !== `${digits(expected)} ${content}` || !content.startsWith(`${records.length + 2} `)) return false
    checksum = expected
    records.push(JSON.parse(content.slice(content.indexOf(' ') + 1)) as JournalRecord)
    return true
  }
  for (const [at, line] of lines.entries()) {
    if (take(line)) continue
    const problem = lineProblem(line, records.length + 2)
    // A crash may leave zeros in the last line, for sectors that have not reached the disk: that line is left out. A
    // whole record in front of the zeros was complete once, and its line feed was damaged later: that is an error.
    const zero = at === lines.length - 1 && torn === '' ? line.indexOf('\0') : -1
    if (zero < 0 || records.length === 0 || take(line.slice(0, zero))) throw damaged(file, problem)
  }
  // The torn line may be a whole record whose line feed is missing, or is another character.
  if (torn !== '' && !take(torn)) take(torn.slice(0, -1))
  if (records.length === 0) throw damaged(file, 'its first record is missing')
  return records
}

function headerProblem(text: string): string {
  if (text === '') return 'it is empty'
  if (HEADER.startsWith(text)) return 'it ends in its first line'
  const format = /^uni-reload journal (\d+)\n/.exec(text)?.[1]
  return format === undefined
    ? 'it does not begin as a journal does'
    : `it is of format ${format}, and this version reads format 2`
}

function lineProblem(line: string, expected: number): string {
  const number = /^[0-9a-f]{8} (\d+) \{/.exec(line)?.[1]
  if (number !== undefined && Number(number) !== expected) {
    return `line ${expected} is missing, and line ${number} is in its place`
  }
  return `line ${expected} is not as it was written`
}

function digits(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}

function damaged(file: string, reason: string): ReloadError {
  return new ReloadError('JOURNAL', `${file} is damaged: ${reason}`, {
    step: 'open',
    hint:
      'Nothing was changed. Restore it from a backup; or move it away, and decide yourself which ' +
      'versions to start.',
  })
}
