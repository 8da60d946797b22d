import { ReloadError, type JournalRecord } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { decodeJournal, encodeJournal, encodeRecord } from '../../src/node/journal-lines.js'

const RECORDS: readonly JournalRecord[] = Array.from({ length: 100 }, (_, operation) => ({ type: 'committed', operation }))

function refusal(text: string): unknown {
  try {
    return decodeJournal(text, 'the file')
  } catch (error) {
    return error
  }
}

describe('the lines of a journal', () => {
  it('read as they were written, whatever digits their checksums begin with', () => {
    expect(decodeJournal(encodeJournal(RECORDS), 'the file')).toEqual(RECORDS)
    expect(RECORDS.filter((record) => encodeRecord(record).startsWith('0')).length).toBeGreaterThan(0)
  })

  it('a record is its CRC-32 in eight digits, a space and its JSON', () => {
    for (const record of RECORDS) expect(encodeRecord(record)).toMatch(/^[0-9a-f]{8} \{"type":"committed","operation":\d+\}\n$/)
  })

  it('a header that is not complete is no record', () => {
    const header = encodeJournal([])
    for (let length = 0; length <= header.length; length += 1) expect(decodeJournal(header.slice(0, length), 'the file')).toEqual([])
  })

  it('the last may be torn, anywhere; one before it may not', () => {
    const whole = encodeJournal(RECORDS.slice(0, 2))
    const last = encodeRecord(RECORDS[1] as JournalRecord)
    for (let torn = 1; torn <= last.length; torn += 1) expect(decodeJournal(whole.slice(0, -torn), 'the file')).toEqual(RECORDS.slice(0, 1))
    const refused = refusal(whole.replace('"operation":0', '"operation":9'))
    expect(ReloadError.is(refused)).toBe(true)
    expect(refused).toMatchObject({
      code: 'JOURNAL', step: 'open', message: expect.stringContaining('the file is damaged: line 2') as string, hint: expect.stringContaining('Restore it from a backup') as string,
    })
  })
})
