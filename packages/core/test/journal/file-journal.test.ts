import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReloadError, type JournalRecord } from '@uni/reload-core'
import { FileJournal, type RecoveryPlan } from '@uni/reload-core/node'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let directory: string
let file: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'))
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

  it('a removed plugin stays removed', async () => {
    await written([...RELOAD, { type: 'intent', operation: 3, changes: [{ plugin: 'search', from: '2.0.0' }] }, { type: 'committed', operation: 3 }])
    await planned()
    expect((await planned()).plugins.get('search')).toEqual({ id: 'search', version: undefined, abandoned: [] })
  })

  it('ignores a file that a crash left beside it', async () => {
    await written(RELOAD)
    await writeFile(`${file}.new`, 'half')
    expect(await versionThere()).toBe('2.0.0')
  })

  it('comes back on what was permanent, wherever a crash tore the file', () => fc.assert(fc.asyncProperty(fc.nat(), async (cut) => {
    await rm(file, { force: true })
    await written(RELOAD)
    const whole = await readFile(file, 'utf8')
    const at = cut % (whole.length + 1)
    await truncate(file, at)
    const lines = whole.slice(0, at).split('\n').length - 1
    // The header, what is active, then the records.
    const expected = lines >= 2 + RELOAD.length ? '2.0.0' : lines >= 2 + 2 ? '1.0.0' : undefined
    expect(await versionThere()).toBe(expected)
  }), { numRuns: 60 }))

  it('ignores a last line of which only some sectors reached the disk', async () => {
    await written(RELOAD)
    await appendFile(file, '00000000 {"type":"permanent","operation":3}\n')
    expect(await versionThere()).toBe('2.0.0')
  })

  it('refuses a file that is damaged before its end, and leaves it as it is', async () => {
    await written(RELOAD)
    const bytes = await readFile(file)
    bytes[40] = (bytes[40] ?? 0) ^ 1
    await writeFile(file, bytes)
    const refused = await FileJournal.open(file).then(() => undefined, (error: unknown) => error)
    expect(refused).toMatchObject({ code: 'JOURNAL', step: 'open', message: expect.stringContaining('line 2') as string })
    expect(ReloadError.is(refused)).toBe(true)
    expect(await readFile(file)).toEqual(bytes)
  })

  it('refuses what is no journal', async () => {
    await written([])
    await writeFile(file, '{"plugins":{}}\n')
    await expect(FileJournal.open(file)).rejects.toMatchObject({ code: 'JOURNAL', message: expect.stringContaining('does not begin as a journal of format 1') as string })
  })

  it('refuses to begin where the file cannot be read, and does not take it for a first run', async () => {
    await mkdir(file, { recursive: true })
    await expect(FileJournal.open(file)).rejects.toMatchObject({ code: 'EISDIR', syscall: 'read' })
  })

  it('refuses records once it is closed', async () => {
    const { journal } = await FileJournal.open(file)
    await journal[Symbol.asyncDispose]()
    const refused = await journal.append({ type: 'committed', operation: 1 }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'JOURNAL', step: 'append', message: expect.stringContaining('it was closed') as string })
    expect(refused).not.toHaveProperty('cause')
  })
})
