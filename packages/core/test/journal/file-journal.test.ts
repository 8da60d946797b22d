import { mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { JournalRecord } from '@uni/reload-core'
import { FileJournal, type RecoveryPlan } from '@uni/reload-core/node'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'

let directory: string
let file: string
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'journal-')))
  file = join(directory, 'nested', 'journal')
})
afterEach(() => rm(directory, { recursive: true }))

const RELOAD: readonly JournalRecord[] = [
  { type: 'intent', operation: 1, changes: [{ plugin: 'search', to: '1.0.0' }] },
  { type: 'committed', operation: 1 },
  { type: 'intent', operation: 2, changes: [{ plugin: 'search', from: '1.0.0', to: '2.0.0' }] },
  { type: 'prepared', operation: 2 },
  { type: 'committed', operation: 2 },
  { type: 'permanent', operation: 2 },
]

async function written(records: readonly JournalRecord[]): Promise<void> {
  const { journal } = await FileJournal.open(file)
  for (const record of records) await journal.append(record)
  await journal[Symbol.asyncDispose]()
}

async function planned(): Promise<RecoveryPlan> {
  const { journal, plan } = await FileJournal.open(file)
  await journal[Symbol.asyncDispose]()
  return plan
}

async function versionThere(): Promise<string | undefined> {
  return (await planned()).plugins.get('search')?.version
}

describe('a journal in a file', () => {
  it('a first run finds nothing', async () => {
    expect([...(await planned()).plugins]).toEqual([])
  })

  it('says to the next run what was written, and to the one after that what the next began with', async () => {
    await written(RELOAD)
    expect(await versionThere()).toBe('2.0.0')
    expect(await versionThere()).toBe('2.0.0')
  })

  it('does not grow from run to run', async () => {
    await written(RELOAD)
    await planned()
    const { length } = await readFile(file)
    await planned()
    expect((await readFile(file)).length).toBe(length)
  })

  it('keeps records in the order they were appended in, without waiting in between', async () => {
    const { journal } = await FileJournal.open(file)
    await Promise.all(RELOAD.map((record) => journal.append(record)))
    await journal[Symbol.asyncDispose]()
    expect(await versionThere()).toBe('2.0.0')
  })

  it('J4 anybody may read it while another has it open: what a crash would come back on by then, and nothing is changed', async () => {
    expect(await FileJournal.read(file)).toBeUndefined()
    const { journal } = await FileJournal.open(file)
    const read: (string | undefined)[] = []
    for (const record of RELOAD) {
      await journal.append(record)
      read.push((await FileJournal.read(file))?.plugins.get('search')?.version)
    }
    expect(read).toEqual([undefined, '1.0.0', '1.0.0', '1.0.0', '1.0.0', '2.0.0'])
    expect(journal.file).toBe(file)
    await journal[Symbol.asyncDispose]()
    const whole = await readFile(file, 'utf8')
    await writeFile(file, whole.slice(0, -5))
    expect((await FileJournal.read(file))?.plugins.get('search')?.version).toBe('1.0.0')
    expect(await readFile(file, 'utf8')).toBe(whole.slice(0, -5))
    await writeFile(file, whole.replace('search', 'sXarch'))
    expect(await refusalOf(FileJournal.read(file))).toMatchObject({ code: 'JOURNAL', step: 'open' })
    expect(await refusalOf(FileJournal.read(dirname(file)))).toMatchObject({ code: 'JOURNAL', step: 'open' })
    expect(await readdir(dirname(file))).toEqual(['journal'])
  })

  it('a removed plugin stays removed', async () => {
    await written([
      ...RELOAD,
      { type: 'intent', operation: 3, changes: [{ plugin: 'search', from: '2.0.0' }] },
      { type: 'committed', operation: 3 },
    ])
    await planned()
    expect((await planned()).plugins.get('search')).toEqual({ id: 'search', version: undefined, abandoned: [] })
  })

  it.each([
    ['half a line', 'half'],
    ['more than is written there next', 'uni-reload journal 2\n'.repeat(100)],
  ])(
    'J4 a file that a crash left beside it is nothing to the next run nor to the one after that (%s)',
    async (_, left) => {
      await written(RELOAD)
      await writeFile(`${file}.new`, left)
      expect([await versionThere(), await versionThere()]).toEqual(['2.0.0', '2.0.0'])
      expect(await readdir(dirname(file))).toEqual(['journal'])
    },
  )

  it('J4 a link that is found in its place is not followed', async () => {
    await written(RELOAD)
    const other = join(directory, 'other')
    await writeFile(other, 'of somebody else')
    await symlink(other, `${file}.new`)
    expect(await versionThere()).toBe('2.0.0')
    expect(await readFile(other, 'utf8')).toBe('of somebody else')
  })

  it('J4 comes back on what was permanent, wherever a crash tore the file behind what it began with', async () => {
    await written(RELOAD)
    const whole = await readFile(file)
    const began = whole.indexOf('\n', whole.indexOf('\n') + 1)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: began, max: whole.length }), async (at) => {
        await writeFile(file, whole.subarray(0, at))
        // The header, what is active, then the records; one is whole without its line feed.
        const records = `${String(whole.subarray(0, at))}\n`.split('}\n').length - 2
        expect(await versionThere()).toBe(records >= RELOAD.length ? '2.0.0' : records >= 2 ? '1.0.0' : undefined)
      }),
      { numRuns: 60 },
    )
  })

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['cut off within what it begins with', (text) => text.slice(0, 40)],
    ['changed in its only record', (text) => text.replace('search', 'sXarch')],
    ['without its only record', (text) => text.slice(0, text.indexOf('\n') + 1)],
    ['no journal', () => '{"plugins":{}}\n'],
  ])('J4 refuses a quiet file that is %s, and leaves it as it is', async (_, damage) => {
    await written(RELOAD)
    await planned()
    expect(await problemOf(damage(await readFile(file, 'utf8')))).toEqual({
      code: 'JOURNAL',
      step: 'open',
      damaged: true,
      left: [true, 'journal'],
    })
  })

  it.each<[string, (text: string) => string]>([
    ['changed before its end', (text) => text.replace('"prepared"', '"prepXred"')],
    ['changed in its last record', (text) => text.replace('"permanent"', '"permXnent"')],
    ['without one of its records', (text) => text.replace(/.*"prepared".*\n/, '')],
  ])('J4 refuses a file that is %s, and leaves it as it is', async (_, damage) => {
    await written(RELOAD)
    expect(await problemOf(damage(await readFile(file, 'utf8')))).toEqual({
      code: 'JOURNAL',
      step: 'open',
      damaged: true,
      left: [true, 'journal'],
    })
  })

  /** What is wrong with the file when it has this text, and whether it is left as it is. */
  async function problemOf(text: string): Promise<unknown> {
    await writeFile(file, text)
    const { code, step, message } = await refusalOf(FileJournal.open(file))
    return {
      code,
      step,
      damaged: message.includes(`${file} is damaged`),
      left: [(await readFile(file, 'utf8')) === text, ...(await readdir(dirname(file)))],
    }
  }

  it('J2 writes what it was given before it is closed', async () => {
    const { journal } = await FileJournal.open(file)
    const appended = Promise.all(RELOAD.map((record) => journal.append(record)))
    await Promise.all([journal[Symbol.asyncDispose](), appended])
    expect(await versionThere()).toBe('2.0.0')
  })

  it('refuses records once it is closed', async () => {
    const { journal } = await FileJournal.open(file)
    await journal[Symbol.asyncDispose]()
    const refused = await journal.append({ type: 'committed', operation: 1 }).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'JOURNAL',
      step: 'append',
      message: expect.stringContaining('it was closed') as string,
    })
    expect(refused).not.toHaveProperty('cause')
  })
})
