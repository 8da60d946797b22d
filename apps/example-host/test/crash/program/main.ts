// One life of the host, in a process of its own: it comes back, says what it has, shows that a reload works, waits to
// be told to go on, and then works until it is killed.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { EventEmitter, once } from 'node:events'
import { FileCheckpointStore } from '@uni/reload-cdc/node'
import type { Timeouts } from '@uni/reload-core'
import { FileJournal } from '@uni/reload-core/node'
import { indexKind } from '@uni/reload-index'
import { BoardReplica } from '../../../src/demo/workload/replicas/board-replica.js'
import { NoteReplica } from '../../../src/demo/workload/replicas/note-replica.js'
import type { Replica } from '../../../src/demo/workload/replicas/replica.js'
import { SheetReplica } from '../../../src/demo/workload/replicas/sheet-replica.js'
import { ExampleHost } from '../../../src/host/example-host.js'
import { everyDocument } from '../../../src/host/queries.js'
import { catalogueOf, type CatalogueEntry } from '../../../src/plugins/index.js'
import { Death } from './death.js'
import type { Inventory, Line, Order } from './protocol.js'
import { randomOf } from './random.js'
import { commit, commitForEver, editForEver, otherVersion, reloadForEver, saveForEver, type Work } from './work.js'

const SHARED: Readonly<Record<string, () => Replica>> = {
  notes: () => new NoteReplica(),
  boards: () => new BoardReplica(),
  sheets: () => new SheetReplica(),
}
const OWNERS = ['ada', 'grace']
const DOCUMENTS = 20
/** Nothing is late by itself, however busy the machine is: what hangs is given up by its caller. */
const DEADLINES: Timeouts = { stage: 600_000, prepare: 600_000, converge: 600_000, rollback: 600_000 }

const order = JSON.parse(process.argv[2] as string) as Order
const { directory, connectionString, run, seed } = order
const death = new Death(order.die)
const failures: unknown[] = []

// Straight to the pipe: what was said is said, whatever happens next. A pipe takes no more than it has room for.
const say = (line: Line): void => {
  let left = Buffer.from(`${JSON.stringify(line)}\n`)
  while (left.length > 0) left = left.subarray(written(left))
}

const opened = await FileJournal.open(join(directory, 'plugins.journal'))
const catalogue = await catalogueOf({
  sinks: join(directory, 'sinks'),
  images: join(directory, 'images'),
  connectionString,
  onJobRun: () => {},
  onReminded: () => {},
})
const host = await ExampleHost.open({
  directory,
  plugins: catalogue,
  indexes: { movies: 'fulltext', similar: 'vectors' },
  shared: { agenda: 'notes', roadmap: 'boards', budget: 'sheets' },
  streams: { audit: 'json-lines-all', changes: 'postgres-rows' },
  run: { journal: death.journal(opened.journal), plan: opened.plan },
  checkpoints: death.checkpoints(new FileCheckpointStore(join(directory, 'checkpoints'))),
  pluginHost: { timeouts: DEADLINES },
  onError: (error) => failures.push(error),
})
await caughtUp(host)
say({ type: 'inventory', inventory: await inventory(host) })

const first = catalogue[run % catalogue.length] as CatalogueEntry
await showReload(host, first)
say({ type: 'ready', reloaded: first.id })
await once(process.stdin, 'data')

const work: Work = { host, death, run, commits: new EventEmitter(), random: randomOf(seed), say }
const documents = OWNERS.map((owner) => Array.from({ length: DOCUMENTS }, (_, at) => `${owner}-${at}`))
// A version that loses documents is good for an index that has none: there have to be some before the first is tried.
for (const id of documents.flatMap((ids) => ids.slice(0, 3)))
  if (host.store.get(id) === undefined) await commit(work, id)
// And so is one that refuses visits, drafts, connections or reminders where there are none.
await keepState(host)
death.armed = true

await Promise.all([
  ...documents.map((ids) => commitForEver(work, ids)),
  ...[...host.shared].map(([name]) => editForEver(work, name, replicaOf(name))),
  // The second has to wait for the first at each index, and commits are made while it does.
  saveForEver(work),
  saveForEver(work),
  reloadForEver(
    work,
    catalogue.filter((_, at) => at % 2 === 0),
  ),
  reloadForEver(
    work,
    catalogue.filter((_, at) => at % 2 === 1),
  ),
])

function written(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  }
}

function replicaOf(name: string): Replica {
  const { key } = host.plugins.resources().find((resource) => resource.name === name) ?? { key: '' }
  return (SHARED[key] as () => Replica)()
}

async function caughtUp({ pump, store }: ExampleHost): Promise<void> {
  while (pump.status().some(({ position }) => position === undefined || position < store.head))
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
}

async function inventory({ plugins, store, shared }: ExampleHost): Promise<Inventory> {
  using lease = plugins.capture()
  const indexes = await Promise.all(
    ['movies', 'similar'].map(async (name) => {
      const answer = await lease.resource(indexKind, name).probe(everyDocument, Number.MAX_SAFE_INTEGER)
      const rows = Array.from(
        { length: answer.numRows },
        (_, row) => [String(answer.getChild('id')?.get(row)), Number(answer.getChild('revision')?.get(row))] as const,
      )
      if (new Set(rows.map(([id]) => id)).size < rows.length) throw new Error(`index ${name} has a document twice`)
      return [name, Object.fromEntries(rows)] as const
    }),
  )
  return {
    versions: plugins.plugins().map(({ id, version }) => [id, version] as const),
    documents: Object.fromEntries([...store.documents()].map(({ id, revision }) => [id, revision])),
    indexes: Object.fromEntries(indexes),
    shared: Object.fromEntries(
      await Promise.all(
        [...shared].map(
          async ([name, resource]) => [name, JSON.stringify(await resource.use((state) => state.value()))] as const,
        ),
      ),
    ),
  }
}

/** Something in each part of the state that is in memory only. */
async function keepState({ state }: ExampleHost): Promise<void> {
  await state.visits.write({ page: '/', ms: 1 })
  await (await state.drafts.open('minutes')).write('Present: all')
  await state.chat.add({ send: () => {} })
  state.reminders.set('some day', { text: 'some day' }, { afterMs: 86_400_000 })
}

/** To the other version and back. */
async function showReload(on: ExampleHost, entry: CatalogueEntry): Promise<void> {
  for (let way = 0; way < 2; way += 1) {
    const handle = on.plugins.plugin(entry.id)
    if (handle === undefined) throw new Error(`${entry.id} did not come back`)
    const { finalized } = await on.plugins.reload(handle, otherVersion(on, entry).plugin)
    const { status, errors } = await finalized
    if (status !== 'finalized' || errors.length > 0)
      throw new Error(`${entry.id} could not be replaced after the restart: ${status}`, { cause: errors[0] })
  }
}
