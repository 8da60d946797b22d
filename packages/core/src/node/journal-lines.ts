import { crc32 } from 'node:zlib'
import { ReloadError } from '../errors.js'
import type { JournalRecord } from '../journal/record.js'

/** The first line of a journal: what it is, and the version of its format. */
const HEADER = 'uni-reload journal 1\n'

/** One record as a line: the CRC-32 of its JSON in eight hexadecimal digits, a space, the JSON. */
export function encodeRecord(record: JournalRecord): string {
  const json = JSON.stringify(record)
  return `${checksum(json)} ${json}\n`
}

export function encodeJournal(records: readonly JournalRecord[]): string {
  return HEADER + records.map(encodeRecord).join('')
}

/**
 * The records of a journal. A last line that a crash tore is none, as is a header that is not complete.
 *
 * @throws ReloadError `JOURNAL` where a line is damaged and others follow it, or the file is no journal of this format.
 */
export function decodeJournal(text: string, file: string): JournalRecord[] {
  if (HEADER.startsWith(text)) return []
  if (!text.startsWith(HEADER)) throw damaged(file, 'it does not begin as a journal of format 1 does')
  const lines = text.slice(HEADER.length).split('\n')
  // What follows the last line feed is empty, or was torn.
  lines.pop()
  const records = lines.map(decodeLine)
  const torn = records.indexOf(undefined)
  if (torn !== -1 && torn < records.length - 1) throw damaged(file, `line ${torn + 2} does not have the checksum it was written with, and is not the last`)
  return records.filter((record) => record !== undefined)
}

function decodeLine(line: string): JournalRecord | undefined {
  const json = line.slice(9)
  return line === `${checksum(json)} ${json}` ? JSON.parse(json) as JournalRecord : undefined
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}

function damaged(file: string, reason: string): ReloadError {
  return new ReloadError('JOURNAL', `${file} is damaged: ${reason}`, {
    step: 'open', hint: 'Restore it from a backup; or move it away, and say yourself which versions to start.',
  })
}
