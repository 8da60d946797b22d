import { PluginHost, type Plugin } from '@uni/reload-core'
import { CdcPump, cdcHandoff, MemoryCommitLog } from '@uni/reload-cdc'
import { FileCheckpointStore } from '@uni/reload-cdc/node'
import { toBatch, type DocumentChange } from '../../../src/host/document.js'
import { postgresEntry } from '../../../src/plugins/postgres/entry.js'

export interface SinkRun {
  readonly connectionString: string
  readonly checkpoints: string
  readonly commits: number
}

export const STREAMS: readonly string[] = ['all', 'all-again']

/** The commit number `at`: the same in every life of the process, as what is committed is never another. */
export function commitAt(at: number): DocumentChange[] {
  return Array.from({ length: 1 + (at % 4) }, (_, row) => ({
    id: `${at}.${row}`,
    revision: at,
    deleted: at % 5 === 0,
    title: `title ${at}`,
    details: 'x'.repeat(at % 50),
  }))
}

/** What is committed before each reload, so that a process is in the middle of its work whenever it is killed. */
const COMMITS_A_RELOAD = 5

/**
 * Delivers all commits to the sink, while its plugin is replaced over and over, in a process that may be killed at any
 * time. Writes a line for each thing that happens; the last is `done`.
 */
export async function runSink({ connectionString, checkpoints: directory, commits }: SinkRun): Promise<void> {
  const entry = postgresEntry(connectionString)
  const log = new MemoryCommitLog()
  const checkpoints = new FileCheckpointStore(directory)
  await using host = new PluginHost({ strategies: [cdcHandoff({ canResume: (lsn) => log.canReadFrom(lsn) })] })
  await host.add(entry.v1())
  let caughtUp: () => void = () => {}
  await using pump = new CdcPump({
    host,
    log,
    checkpoints,
    checkpointEvery: 5,
    retry: { initialMs: 5, maxMs: 50 },
    onEvent: ({ stream, type }) => {
      process.stdout.write(`${type} ${stream}\n`)
      caughtUp()
    },
  })
  // What an earlier life has committed is in the log.
  for (const stream of STREAMS) commitUpTo(log, (await checkpoints.load(stream)) ?? 0n)
  await Promise.all(STREAMS.map((stream) => pump.start(stream, 'postgres-rows')))

  const behind = (): boolean => log.head < commits || pump.status().some(({ position }) => position < log.head)
  for (let reload = 0; behind(); reload += 1) {
    commitUpTo(log, BigInt(Math.min(commits, Number(log.head) + COMMITS_A_RELOAD)))
    await reloaded(host, [entry.v2(), ...entry.bad().map(({ plugin }) => plugin), entry.v1()][reload % 4] as Plugin)
    process.stdout.write(`reloaded ${reload}\n`)
  }
  while (pump.status().some(({ checkpoint }) => checkpoint !== log.head))
    await new Promise<void>((resolve) => {
      caughtUp = resolve
    })
  process.stdout.write('done\n')
}

/** One LSN a commit. */
function commitUpTo(log: MemoryCommitLog, head: bigint): void {
  for (let at = Number(log.head); at < head; at += 1)
    log.append(toBatch(commitAt(at)), new Date(at * 1_000), BigInt(at + 1))
}

/** Tries a version. That a bad one is turned away is what is expected of it. */
async function reloaded(host: PluginHost, plugin: Plugin): Promise<void> {
  const handle = host.plugin('postgres')
  if (handle === undefined) throw new Error('the plugin is not installed')
  const good = plugin.manifest.version !== '3.0.0'
  const outcome = await host.reload(handle, plugin).then(
    ({ finalized }) => finalized,
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome === good)
    throw new Error(`version ${plugin.manifest.version} was ${good ? 'turned away' : 'let in'}`, { cause: outcome })
}
