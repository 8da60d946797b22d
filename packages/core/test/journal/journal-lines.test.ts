import { ReloadError, type JournalRecord } from '@uni/reload-core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJournal, JournalEncoder } from '../../src/node/journal-lines.js'

const ACTIVE: JournalRecord = { type: 'active', plugins: { search: '1.0.0', gone: null } }
const RECORDS: readonly JournalRecord[] = [
  ACTIVE,
  ...Array.from({ length: 40 }, (_, at): JournalRecord => ({ type: 'committed', operation: at + 1 })),
]
const HEADER = 'uni-reload journal 2\n'

const encoded = (count = RECORDS.length): string => new JournalEncoder().begin(RECORDS.slice(0, count))

function refusal(text: string): unknown {
  try {
    return decodeJournal(text, 'the file')
  } catch (error) {
    return error
  }
}

const damage = (problem: string): object => ({
  name: 'ReloadError',
  code: 'JOURNAL',
  step: 'open',
  message: expect.stringContaining(`the file is damaged: ${problem}`) as string,
  hint: expect.stringContaining('Restore it from a backup') as string,
})

/** The text without line `line`, as the header is line 1. */
const without = (text: string, line: number): string =>
  text
    .split('\n')
    .toSpliced(line - 1, 1)
    .join('\n')

describe('the lines of a journal', () => {
  it('read as they were written, whatever digits their checksums begin with', () => {
    expect(decodeJournal(encoded(), 'the file')).toEqual(RECORDS)
    expect(
      encoded()
        .split('\n')
        .filter((line) => line.startsWith('0')).length,
    ).toBeGreaterThan(0)
  })

  it('a record is a checksum in eight digits, the number of its line, and its JSON', () => {
    const [header, ...lines] = encoded().trimEnd().split('\n')
    expect(header).toBe(HEADER.trimEnd())
    for (const [at, line] of lines.entries())
      expect(line).toMatch(new RegExp(`^[0-9a-f]{8} ${at + 2} \\{"type":"[a-z]+",.*\\}$`))
  })

  it('J4 one that is not whole at the end was torn by a crash, wherever it was, and counts for nothing', () => {
    const before = encoded(2)
    const whole = encoded(3)
    for (let length = before.length; length < whole.length - 1; length += 1)
      expect(decodeJournal(whole.slice(0, length), 'the file')).toEqual(RECORDS.slice(0, 2))
    // Of its sectors some have reached the disk.
    for (let at = before.length; at < whole.length; at += 1) {
      const zeros = '\0'.repeat(whole.length - 1 - at)
      const end = whole.at(at === whole.length - 1 ? -1 : 0) === '\n' ? '' : '\n'
      if (zeros !== '') expect(decodeJournal(whole.slice(0, at) + zeros + end, 'the file')).toEqual(RECORDS.slice(0, 2))
    }
  })

  it('J4 one that is whole but for its line feed is there', () => {
    expect(decodeJournal(encoded(3).slice(0, -1), 'the file')).toEqual(RECORDS.slice(0, 3))
    for (const other of ['\x0b', '}', '\0', ' '])
      expect(decodeJournal(`${encoded(3).slice(0, -1)}${other}`, 'the file')).toEqual(RECORDS.slice(0, 3))
  })

  it('J4 what is not whole at the beginning was no crash: the file was put in its place with its first record', () => {
    expect(refusal('')).toMatchObject(damage('it is empty'))
    for (let length = 1; length < HEADER.length; length += 1)
      expect(refusal(encoded().slice(0, length))).toMatchObject(damage('it ends in its first line'))
    for (let length = HEADER.length; length < encoded(1).length - 1; length += 1)
      expect(refusal(encoded(1).slice(0, length))).toMatchObject(damage('its first record is missing'))
    expect(refusal(HEADER + '\0'.repeat(60))).toMatchObject(damage('its first record is missing'))
    expect(refusal(`${HEADER}${'\0'.repeat(60)}\n`)).toMatchObject(damage('line 2 is not as it was written'))
  })

  it('J4 a line that was lost, doubled, exchanged or brought in from another file is found', () => {
    for (let line = 2; line < 40; line += 1)
      expect(refusal(without(encoded(), line))).toMatchObject(
        damage(`line ${line} is missing, and line ${line + 1} is in its place`),
      )
    const [header, first, second, ...rest] = encoded().split('\n')
    expect(refusal([header, first, first, second, ...rest].join('\n'))).toMatchObject(
      damage('line 3 is missing, and line 2 is in its place'),
    )
    expect(refusal([header, second, first, ...rest].join('\n'))).toMatchObject(
      damage('line 2 is missing, and line 3 is in its place'),
    )
    const other = new JournalEncoder().begin([{ type: 'active', plugins: {} }, ...RECORDS.slice(1)]).split('\n')
    expect(refusal([header, first, other[2], ...rest].join('\n'))).toMatchObject(
      damage('line 3 is not as it was written'),
    )
  })

  it('J4 one byte that is not as it was written is found, or changes nothing', () =>
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 127 }), fc.constantFrom(1, 2, 5), (place, difference, count) => {
        const text = encoded(count)
        const at = place % text.length
        const damaged = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ difference) + text.slice(at + 1)
        const read = refusal(damaged)
        if (ReloadError.is(read)) return
        // Only the last line may look as if a crash had torn it, where a zero or a line feed has come into it.
        const torn =
          ['\0', '\n'].includes(damaged[at] as string) && at >= encoded(count - 1).length && at < text.length - 1
        expect(read).toEqual(torn && count > 1 ? RECORDS.slice(0, count - 1) : RECORDS.slice(0, count))
      }),
      { numRuns: 2_000 },
    ))

  it('J4 a line feed that has become a zero makes no torn line of the record before it', () => {
    const at = encoded(4).length - 1
    const text = encoded(5)
    expect(refusal(`${text.slice(0, at)}\0${text.slice(at + 1)}`)).toMatchObject(
      damage('line 5 is not as it was written'),
    )
  })

  it('tells a journal of another format from what is none', () => {
    expect(refusal('uni-reload journal 1\n1234abcd {}\n')).toMatchObject(
      damage('it is of format 1, and this version reads format 2'),
    )
    expect(refusal('{"plugins":{}}\n')).toMatchObject(damage('it does not begin as a journal does'))
  })
})
