import { setTimeout as delay } from 'node:timers/promises'
import { indexKind } from '@uni/reload-index'
import { textQuery } from '../host/queries.js'
import type { ExampleHost } from '../host/example-host.js'
import type { CatalogueEntry } from '../plugins/catalogue.js'
import type { Reloads } from './reloads.js'

/** What the demo saw on the way that the reports of single reloads do not say. */
export interface PlanNotes {
  /** I9: who was named as holding the old index, and what the old index still answered. */
  blockers: readonly string[]
  answeredWhileRetired: boolean
  closedAfterRelease: boolean
  /** I11: whether another plugin's reload was committed while one hung. */
  overtook: boolean
}

export interface PlanOptions {
  readonly host: ExampleHost
  readonly catalogue: readonly CatalogueEntry[]
  readonly reloads: Reloads
  /** How long the plan is to take, in milliseconds. */
  readonly lastMs: number
  progress(line: string): void
}

type Act = readonly [title: string, run: () => Promise<unknown>]

/** Two plugins that are only ever replaced together, so that no lease may see one old and one new. */
const TOGETHER: readonly string[] = ['distance', 'statistics']

/** Every plugin from version 1 to 2 and back, and every bad version in between, spread over the time there is. */
export async function runPlan({ host, catalogue, reloads, lastMs, progress }: PlanOptions): Promise<PlanNotes> {
  const notes: PlanNotes = { blockers: [], answeredWhileRetired: false, closedAfterRelease: false, overtook: false }
  const pair = catalogue.filter(({ id }) => TOGETHER.includes(id))
  const single = catalogue.filter(({ id }) => !TOGETHER.includes(id))
  const find = (id: string): CatalogueEntry => catalogue.find((entry) => entry.id === id) as CatalogueEntry
  const acts: Act[] = [
    ...single.flatMap((entry): Act[] => [
      [`${entry.id} 1 → 2`, () => reloads.good(entry, entry.v2())],
      ...badOnes(entry, reloads),
      [`${entry.id} 2 → 1`, () => reloads.good(entry, entry.v1())],
    ]),
    [
      'distance and statistics 1 → 2, together',
      () => reloads.together(pair.map((entry) => ({ entry, plugin: entry.v2() }))),
    ],
    ...pair.flatMap((entry) => badOnes(entry, reloads)),
    [
      'distance and statistics 2 → 1, together',
      () => reloads.together(pair.map((entry) => ({ entry, plugin: entry.v1() }))),
    ],
    ['a lease outlives a reload of fulltext', () => outlived(host, find('fulltext'), reloads, notes)],
    ['fulltext 2 → 1', () => reloads.good(find('fulltext'), find('fulltext').v1())],
    ['geo 1 → 2, while a fulltext version hangs', () => overtaken(find('fulltext'), find('geo'), reloads, notes)],
    ['geo 2 → 1', () => reloads.good(find('geo'), find('geo').v1())],
  ]
  const startedAt = performance.now()
  for (const [at, [title, run]] of acts.entries()) {
    progress(`${at + 1}/${acts.length} ${title}`)
    await run()
    await delay(Math.max(0, startedAt + (lastMs * (at + 1)) / acts.length - performance.now()))
  }
  return notes
}

function badOnes(entry: CatalogueEntry, reloads: Reloads): Act[] {
  return entry.bad().map((_, at): Act => {
    // Made when its turn comes: a plugin object is installed once.
    const make = (): ReturnType<CatalogueEntry['bad']>[number] =>
      entry.bad()[at] as ReturnType<CatalogueEntry['bad']>[number]
    return [`${entry.id}, a version that ${entry.bad()[at]?.fault ?? 'is bad'}`, () => reloads.bad(entry, make())]
  })
}

/** I9: a query that goes on for long keeps the old version, and is named; nothing is closed under it. */
async function outlived(
  host: ExampleHost,
  fulltext: CatalogueEntry,
  reloads: Reloads,
  notes: PlanNotes,
): Promise<void> {
  const lease = host.plugins.capture({ label: 'a long report' })
  const old = lease.resource(indexKind, 'movies')
  const result = await reloads.good(fulltext, fulltext.v2(), { drain: { deadlineMs: 300, onDeadline: 'keep' } })
  const { status, blockers } = await result.finalized
  notes.blockers = status === 'kept' ? blockers.map(({ label }) => label) : []
  notes.answeredWhileRetired = (await old.probe(textQuery('film'), 10)).numRows > 0
  lease[Symbol.dispose]()
  for (let turn = 0; turn < 100 && retired(host, fulltext.id); turn += 1) await delay(10)
  notes.closedAfterRelease = !retired(host, fulltext.id)
}

function retired(host: ExampleHost, id: string): boolean {
  return host.plugins.plugins().some((plugin) => plugin.id === id && plugin.state === 'retired')
}

/** I11: reloads of different plugins do not wait for one another. */
async function overtaken(
  fulltext: CatalogueEntry,
  geo: CatalogueEntry,
  reloads: Reloads,
  notes: PlanNotes,
): Promise<void> {
  const hanging = fulltext.bad().find(({ code }) => code === 'STEP_TIMEOUT')
  if (hanging === undefined) throw new Error('no version of fulltext hangs')
  let hung = false
  const slow = reloads.bad(fulltext, hanging).then(() => {
    hung = true
  })
  await reloads.good(geo, geo.v2())
  notes.overtook = !hung
  await slow
}
