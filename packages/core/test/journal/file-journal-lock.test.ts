import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileJournal, type NotedProcess } from '@uni/reload-core/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'

let directory: string
let file: string
let lock: string
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'journal-lock-')))
  file = join(directory, 'journal')
  lock = `${file}.lock`
})
afterEach(() => rm(directory, { recursive: true }))

const HERE: NotedProcess = { pid: process.pid, host: hostname(), since: new Date().toISOString() }

/** As another process would have noted itself down. */
async function heldBy(holder: Partial<NotedProcess>): Promise<void> {
  await writeFile(lock, JSON.stringify({ ...HERE, ...holder, id: 'of somebody else' }))
}

/** The number of a process that has just ended. */
async function ended(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid as number
}

async function openAndClose(): Promise<void> {
  await (await FileJournal.open(file)).journal[Symbol.asyncDispose]()
}

/** Who is said to have it, by what the refusal says to read and to work with; the lock is left as it is. */
async function refusal(): Promise<{
  readonly who: string | undefined
  readonly details: unknown
  readonly left: boolean
}> {
  const before = await readFile(lock, 'utf8')
  const { code, step, message, hint, details } = await refusalOf(FileJournal.open(file))
  expect({ code, step, namesTheLock: hint?.includes(lock) }).toEqual({
    code: 'JOURNAL',
    step: 'open',
    namesTheLock: true,
  })
  return {
    who: /is held by (process \d+ on host "[^"]*"), since \d{4}-/.exec(message)?.[1],
    details,
    left: (await readFile(lock, 'utf8')) === before,
  }
}

const heldAs = (holder: Partial<NotedProcess>): unknown => {
  const { pid, host } = { ...HERE, ...holder }
  return { who: `process ${pid} on host "${host}"`, details: expect.objectContaining(holder) as unknown, left: true }
}

describe('J6 one process at a time has a journal open', () => {
  it('a second one is refused, and told who has it; then it is given back', async () => {
    const { journal } = await FileJournal.open(file)
    expect(await refusal()).toEqual(heldAs({ pid: process.pid, host: hostname() }))
    await journal.append({ type: 'intent', operation: 1, changes: [{ plugin: 'a', to: '1.0.0' }] })
    await journal.append({ type: 'committed', operation: 1 })
    await journal[Symbol.asyncDispose]()
    await journal[Symbol.asyncDispose]()
    expect(await readdir(directory)).toEqual(['journal'])
    const { journal: next, plan } = await FileJournal.open(file)
    expect(plan.plugins.get('a')?.version).toBe('1.0.0')
    await next[Symbol.asyncDispose]()
  })

  it('one that cannot begin gives it back', async () => {
    await writeFile(file, 'no journal')
    await refusalOf(FileJournal.open(file))
    expect(await readdir(directory)).toEqual(['journal'])
  })

  it('of many that ask at once one has it, and the last one to have it may have left it when it was killed', async () => {
    for (let round = 0; round < 5; round += 1) {
      await heldBy({ pid: await ended() })
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => FileJournal.open(file)))
      const opened = asked.flatMap((it) => (it.status === 'fulfilled' ? [it.value.journal] : []))
      // A lock that was taken from another one is no lock: whoever has it can write.
      const wrote = await Promise.allSettled(
        opened.map((journal) => journal.append({ type: 'committed', operation: 1 })),
      )
      expect(wrote.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const journal of opened) await journal[Symbol.asyncDispose]()
      expect(await readdir(directory)).toEqual(['journal'])
    }
  })

  it('a process that was killed has lost it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await once(child, 'spawn')
    await heldBy({ pid: child.pid as number })
    expect(await refusal()).toEqual(heldAs({ pid: child.pid as number }))
    child.kill('SIGKILL')
    await once(child, 'exit')
    await openAndClose()
    expect(await readdir(directory)).toEqual(['journal'])
  })

  it.runIf(process.platform === 'linux')(
    'a process with the number of the one that had it does not keep it, nor does one of before the machine began again',
    async () => {
      const { journal } = await FileJournal.open(file)
      const { identity } = JSON.parse(await readFile(lock, 'utf8')) as NotedProcess
      await journal[Symbol.asyncDispose]()
      const [boot, tick] = (identity as string).split(' ') as [string, string]
      for (const other of [`${boot} ${Number(tick) - 1}`, `00000000-0000-0000-0000-000000000000 ${tick}`]) {
        await heldBy({ identity: other })
        await openAndClose()
        await heldBy({ pid: process.ppid, identity: other })
        await openAndClose()
      }
      await heldBy({ identity: identity as string })
      expect(await refusal()).toEqual(heldAs({ identity: identity as string }))
    },
  )

  it('where a platform does not tell processes apart, one that is older than this or than the machine has lost it, and another has not', async () => {
    const longAgo = new Date(0).toISOString()
    await heldBy({ since: longAgo })
    await openAndClose()
    await heldBy({ pid: process.ppid, since: longAgo })
    await openAndClose()
    await heldBy({ pid: process.ppid })
    expect(await refusal()).toEqual(heldAs({ pid: process.ppid }))
  })

  it('one of another machine keeps it, unless the host says that it is gone', async () => {
    const holder = { pid: await ended(), host: 'another-machine', since: new Date(0).toISOString() }
    await heldBy(holder)
    expect(await refusal()).toEqual(heldAs(holder))
    const asked: NotedProcess[] = []
    const { journal } = await FileJournal.open(file, {
      takeOver: (it) => {
        asked.push(it)
        return true
      },
    })
    expect(asked).toEqual([holder])
    await journal[Symbol.asyncDispose]()
  })

  it('J2 who is taken over is told so at the next record, and what the other one has is not touched', async () => {
    const { journal: first } = await FileJournal.open(file)
    await first.append({ type: 'intent', operation: 1, changes: [{ plugin: 'a', to: '1.0.0' }] })
    const { journal: second } = await FileJournal.open(file, { takeOver: () => true })
    const before = await readFile(file, 'utf8')
    for (let at = 0; at < 2; at += 1) {
      expect(await refusalOf(first.append({ type: 'committed', operation: 1 }))).toMatchObject({
        code: 'JOURNAL',
        step: 'append',
        message: expect.stringContaining(`was taken over by process ${process.pid}`) as string,
      })
    }
    await first[Symbol.asyncDispose]()
    expect(await readFile(file, 'utf8')).toBe(before)
    await second.append({ type: 'intent', operation: 1, changes: [{ plugin: 'b', to: '1.0.0' }] })
    await second[Symbol.asyncDispose]()
  })

  it('a lock that cannot be read keeps everybody out, and is not removed', async () => {
    for (const content of ['', '{"pid":"1"}', 'null', '[]']) {
      await writeFile(lock, content)
      expect(await refusalOf(FileJournal.open(file))).toMatchObject({
        code: 'JOURNAL',
        message: expect.stringContaining('held by somebody, who has left no name') as string,
      })
      expect(await readFile(lock, 'utf8')).toBe(content)
    }
  })
})
