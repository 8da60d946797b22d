import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { FileCheckpointStore } from '@uni/reload-cdc/node'
import { ExampleHost } from '../host/example-host.js'
import { catalogueOf } from '../plugins/index.js'
import { Acknowledged } from './acknowledged.js'
import { auditAttachments } from './audit/attachment-audit.js'
import { auditIndex } from './audit/index-audit.js'
import { readPostgresRows } from './audit/postgres-rows.js'
import { auditShared } from './audit/shared-audit.js'
import { auditSink, readJsonLines } from './audit/sink-audit.js'
import { CheckpointLog } from './checkpoint-log.js'
import type { Dataset } from './dataset.js'
import { judgeInvariants } from './invariants.js'
import { Latency } from './latency.js'
import { Lifecycle } from './lifecycle.js'
import { Load } from './load.js'
import { OwnTime } from './own-time.js'
import { runPlan } from './plan.js'
import { startPostgres } from './postgres.js'
import { Reloads } from './reloads.js'
import type { Report } from './report/report.js'
import { BoardReplica } from './workload/replicas/board-replica.js'
import { NoteReplica } from './workload/replicas/note-replica.js'
import type { Replica } from './workload/replicas/replica.js'
import { SheetReplica } from './workload/replicas/sheet-replica.js'
import type { Reminded } from '../plugins/reminders/contract.js'
import { StateLoad } from './state/state-load.js'

export interface DemoOptions {
  readonly dataset: Dataset
  /** Where everything is kept while the demo runs. */
  readonly directory: string
  /** How long the load runs, in milliseconds. */
  readonly lastMs: number
  progress(line: string): void
}

/** What the host opens: names, and the keys of the plugins' providers. */
const INDEXES = { movies: 'fulltext', similar: 'vectors' }
const SHARED = { agenda: 'notes', minutes: 'notes', roadmap: 'boards', budget: 'sheets' }
const STREAMS = { audit: 'json-lines-all', titles: 'json-lines-titles', changes: 'postgres-rows' }

/** How the people who edit something make their replicas of it. */
const REPLICAS: Readonly<Record<string, () => Replica>> = {
  notes: () => new NoteReplica(),
  boards: () => new BoardReplica(),
  sheets: () => new SheetReplica(),
}

const STEADY_SHARE = 0.1
const COMMIT_ROWS = 100
/**
 * What a version that hangs is given of the process's own time; a good one takes half of it on a machine that starves.
 */
const TIMEOUTS = { stage: 15_000, preflight: 15_000, prepare: 15_000, converge: 15_000, rollback: 15_000 }

/** Runs the host under load, replaces every plugin, and reads everything back. */
export async function runDemo({ dataset, directory, lastMs, progress }: DemoOptions): Promise<Report> {
  const startedAt = performance.now()
  const acknowledged = new Acknowledged()
  const lifecycle = new Lifecycle()
  const latency = new Latency()
  const sinks = join(directory, 'sinks')
  const failures: unknown[] = []
  const jobs: string[] = []
  const reminded: Reminded[] = []
  progress('starting PostgreSQL')
  await using postgres = await startPostgres(directory)
  const { connectionString } = postgres
  const entries = await catalogueOf({
    sinks,
    images: join(directory, 'images'),
    connectionString,
    onJobRun: (version) => jobs.push(version),
    onReminded: (one) => reminded.push(one),
  })
  const catalogue = entries.map((entry) => lifecycle.watchEntry(entry))
  const checkpoints = new CheckpointLog(new FileCheckpointStore(join(directory, 'checkpoints')))

  progress(`opening the host with ${catalogue.length} plugins`)
  await using host = await ExampleHost.open({
    directory,
    checkpoints,
    plugins: catalogue,
    indexes: INDEXES,
    shared: SHARED,
    streams: STREAMS,
    pluginHost: { timeouts: TIMEOUTS, clock: new OwnTime() },
    onError: (error) => failures.push(error),
  })
  for (let at = 0; at < dataset.movies.length; at += COMMIT_ROWS) {
    const changes = dataset.movies.slice(at, at + COMMIT_ROWS)
    acknowledged.commit(await host.commit(changes), changes)
  }

  await using stateLoad = await StateLoad.start(host, reminded)
  const load = new Load(host, dataset, acknowledged, latency, (name) => replicaOf(name))
  progress('running the load alone')
  await delay(lastMs * STEADY_SHARE)
  const reloads = new Reloads(host, latency)
  const notes = await runPlan({ host, catalogue, reloads, lastMs: lastMs * (1 - STEADY_SHARE), progress })
  await load.stop()
  await stateLoad.stop()

  progress('reading everything back')
  await host.pump.caughtUp()
  const report: Omit<Report, 'invariants'> = {
    durationMs: performance.now() - startedAt,
    node: process.version,
    dataset: {
      name: 'vega-datasets: movies.json, airports.csv, flights-200k.arrow',
      rows: dataset.movies.length + dataset.airports.length + dataset.flights.delays.length,
    },
    load: {
      queries: load.queries.queries,
      failedQueries: load.queries.failures.length,
      commits: acknowledged.commits.size,
      edits: [...acknowledged.edits.values()].flat().length,
    },
    reloads: reloads.entries,
    cdc: await Promise.all(
      Object.entries(STREAMS).map(async ([stream, key]) => {
        if (key === 'postgres-rows')
          return auditSink(
            stream,
            'table document_changes',
            await readPostgresRows(connectionString, stream),
            acknowledged,
          )
        const sink = join(sinks, `${key}.jsonl`)
        return auditSink(stream, sink, await readJsonLines(sink), acknowledged)
      }),
    ),
    index: await Promise.all(Object.keys(INDEXES).map((name) => auditIndex(host, name, acknowledged))),
    crdt: await Promise.all(
      [...host.shared].map(([name, resource]) => auditShared(resource, load.replicas.get(name) ?? [], acknowledged)),
    ),
    state: await stateLoad.audit(),
    calls: stateLoad.versionsSeen,
    latency: latency.summary(),
  }
  const attachments = { written: acknowledged.attachments.size, missing: await auditAttachments(host, acknowledged) }
  await collect()
  const { alive, running } = lifecycle
  await stateLoad[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
  const { initialized, unbalanced, running: runningAfterClose } = lifecycle
  const invariants = judgeInvariants({
    report,
    notes,
    attachments,
    queries: load.queries,
    checkpoints: checkpoints.saved,
    head: BigInt(acknowledged.commits.size),
    plugins: { installed: catalogue.length, initialized, unbalanced, running, runningAfterClose, alive },
    workloadFailures: [
      ...load.failures,
      ...stateLoad.failures,
      ...failures,
      ...(jobs.length === 0 ? [new Error('the background job never ran')] : []),
    ],
  })
  return { ...report, invariants }
}

function replicaOf(name: string): Replica {
  const make = REPLICAS[SHARED[name as keyof typeof SHARED]]
  if (make === undefined) throw new Error(`nobody edits ${name}`)
  return make()
}

/** Has what nothing reaches any more collected. @throws Error where the demo was started without --expose-gc. */
async function collect(): Promise<void> {
  const { gc } = globalThis
  if (gc === undefined)
    throw new Error(
      'start the demo with node --expose-gc: whether old plugins are let go (I12) cannot be seen without it',
    )
  for (let turn = 0; turn < 5; turn += 1) {
    await delay(20)
    gc()
  }
}
