import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Told, Turn } from '../editing/clients.js'
import { Disk } from '../editing/disk.js'
import { compareAll, PLATFORM } from '../measure.js'
import { versionOf } from '../package-version.js'
import type { Result } from '../result.js'

const RELOADS = 20
const TURN_MS = 400
/** What a supervisor gives a process to end. */
const END_MS = 5_000
const P99_LIMIT = 1.2
const WHILE = `while an extension is replaced ${RELOADS} times, with 20 clients that edit 10 documents and 6 that open and close others`

type Way = 'uni-reload' | 'swapped' | 'restarted'

/** What people who edit documents notice of a reload. */
export async function* hocuspocus(): AsyncGenerator<Result> {
  yield* await compareAll(
    [
      { id: 'hocuspocus/lost', question: `Edits that are not stored at the end, ${WHILE}`, unit: 'edits', limit: 0 },
      { id: 'hocuspocus/doubled', question: 'Edits that are stored twice', unit: 'edits', limit: 0 },
      { id: 'hocuspocus/failed', question: 'Loads, stores and opens that failed', unit: 'calls', limit: 0 },
      { id: 'hocuspocus/disconnected', question: 'Times that a client was disconnected', unit: 'clients', limit: 0 },
      {
        id: 'hocuspocus/p50',
        question: 'Half of the documents are open within so many times the quiet median',
        unit: '×',
        limit: P99_LIMIT,
      },
      {
        id: 'hocuspocus/p99',
        question: 'And 99 of 100 within so many times what it is in quiet turns',
        unit: '×',
        limit: P99_LIMIT,
      },
    ],
    {
      rounds: 1,
      warmups: 0,
      ours: () => noticed('uni-reload'),
      peers: [
        { name: 'restart of the process', version: PLATFORM.version, run: () => noticed('restarted') },
        {
          name: 'the extension swapped by hand',
          version: versionOf('@hocuspocus/server'),
          run: () => noticed('swapped'),
        },
      ],
    },
  )
}

async function noticed(way: Way): Promise<readonly number[]> {
  const directory = await mkdtemp(join(tmpdir(), 'uni-bench-'))
  let server = await started('server', [way, directory, '0'])
  const { port } = server.said as { port: number }
  const clients = await started('clients', [String(port)])
  let failed = 0
  const end = async (): Promise<void> => {
    failed += ((await asked(server.child, 'failed')) as { failed: number }).failed
    const ended = once(server.child, 'exit')
    server.child.kill()
    // Hocuspocus by itself may wait for ever for a document that a client opens while it ends.
    const late = setTimeout(() => {
      failed += 1
      server.child.kill('SIGKILL')
    }, END_MS)
    await ended
    clearTimeout(late)
  }
  try {
    for (let reload = 0; reload < RELOADS; reload += 1) {
      clients.child.send('quiet' satisfies Turn)
      await sleep(TURN_MS)
      clients.child.send('reloading' satisfies Turn)
      const turn = sleep(TURN_MS)
      if (way === 'restarted') {
        await end()
        server = await started('server', [way, directory, String(port)])
      } else await asked(server.child, 'reload')
      await turn
    }
    const told = (await asked(clients.child, 'end')) as Told
    await end()
    return answers(told, await new Disk(directory).edits(), failed)
  } finally {
    server.child.kill('SIGKILL')
    clients.child.kill('SIGKILL')
    await rm(directory, { recursive: true })
  }
}

function answers({ edits, opens, disconnects, failed }: Told, stored: Map<string, string[]>, calls: number): number[] {
  let [lost, doubled] = [0, 0]
  for (const [name, sent] of edits) {
    const there = stored.get(name) ?? []
    const once = new Set(there)
    lost += sent.filter((edit) => !once.has(edit)).length
    doubled += there.length - once.size
  }
  const ratio = (share: number): number => quantile(opens.reloading, share) / quantile(opens.quiet, share)
  return [lost, doubled, calls + failed, disconnects, ratio(0.5), ratio(0.99)]
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

async function started(program: string, args: readonly string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(fileURLToPath(new URL(`editing/${program}.js`, import.meta.url)), args, {
    execArgv: [],
    // Hocuspocus prints each store that fails.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  return { child, said: await answer(child) }
}

async function asked(child: ChildProcess, message: string): Promise<unknown> {
  child.send(message)
  return answer(child)
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`${child.spawnargs.at(-1)} ended with exit code ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}
