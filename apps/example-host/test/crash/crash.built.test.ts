import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPostgresRows } from '../../src/demo/audit/postgres-rows.js'
import { readJsonLines, type SunkRow } from '../../src/demo/audit/sink-audit.js'
import { startPostgres } from '../../src/demo/postgres.js'
import { tempDirectory } from '../plugins/support/temp-directory.js'
import { begin, buildPrograms, stillborn } from './life.js'
import { BOUNDARIES, type Inventory } from './program/protocol.js'
import { randomOf } from './program/random.js'
import { Record } from './record.js'

/** How often the host is killed, and where the drawing of places and moments starts: to live these lives again. */
const KILLS = Number(process.env['CRASH_KILLS'] ?? 20)
const SEED = Number(process.env['CRASH_SEED'] ?? Math.trunc(Date.now() % 1_000_000) + 1)
const PLUGINS = 19

it(`I3 I4 I7 a host that is killed ${KILLS} times under load comes back with all that it acknowledged (CRASH_SEED=${SEED})`, async () => {
  await using temporary = await tempDirectory()
  const directory = temporary.path
  const programs = await buildPrograms(join(import.meta.dirname, '../../node_modules/.crash'))
  await mkdir(join(directory, 'sinks'))
  await using postgres = await startPostgres(directory)
  const { connectionString } = postgres
  const random = randomOf(SEED)
  const record = new Record()
  const places = new Map<string, number>()
  const replaced = new Set<string>()
  for (let run = 0; run <= KILLS; run += 1) {
    // Each named place in its turn, and a moment of chance after every third.
    const place = run % 4 === 3 ? undefined : BOUNDARIES[(run - Math.floor(run / 4)) % BOUNDARIES.length]
    const die = place === undefined ? undefined : { at: place, time: 1 + random(3) }
    if (run % 5 === 1) {
      await stillborn(programs.stillborn, { directory, run })
      expect(await readdir(directory)).toContain('plugins.journal.new')
    }
    const life = await begin(
      programs.life,
      { directory, connectionString, run, seed: 1 + random(1_000_000), ...(die && { die }) },
      (line) => record.add(line),
    )
    replaced.add(life.reloaded)
    expect(
      (await readdir(directory)).filter((file) => file.startsWith('plugins.journal')).toSorted(),
      `life ${run}`,
    ).toEqual(['plugins.journal', 'plugins.journal.lock'])
    expect(record.problems(life.inventory, PLUGINS), `life ${run}`).toEqual([])
    expect(
      sinkProblems(
        await readJsonLines(join(directory, 'sinks', 'json-lines-all.jsonl')).catch(() => []),
        life.inventory,
      ),
      `lines in life ${run}`,
    ).toEqual([])
    expect(
      sinkProblems(await readPostgresRows(connectionString, 'changes'), life.inventory),
      `rows in life ${run}`,
    ).toEqual([])
    record.restarted(life.inventory)
    let lines = 1 + random(400)
    await life.work(() => place === undefined && (lines -= 1) === 0)
    places.set(place ?? 'at a moment of chance', (places.get(place ?? 'at a moment of chance') ?? 0) + 1)
  }
  console.log(
    `${KILLS + 1} lives, ${record.commits} commits and ${record.edits} edits acknowledged; killed ${[...places].map(([place, times]) => `${place}: ${times}`).join(', ')}; seed ${SEED}`,
  )
  expect(record.commits).toBeGreaterThan(KILLS)
  expect(places.size).toBe(Math.min(KILLS + 1 - Math.floor((KILLS + 1) / 4), BOUNDARIES.length) + 1)
  expect(replaced.size).toBe(Math.min(KILLS + 1, PLUGINS))
}, 3_600_000)

/** What is wrong with a sink: a row twice, a row out of order, or a document whose last revision is not there. */
function sinkProblems(rows: readonly SunkRow[], { documents }: Inventory): string[] {
  const names = rows.map(({ lsn, id }) => `${lsn} ${id}`)
  const counts = new Map<string, number>()
  for (const { id } of rows) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [
    ...(new Set(names).size === names.length ? [] : ['a row is there twice']),
    ...rows
      .filter(({ lsn }, at) => at > 0 && lsn <= (rows[at - 1] as SunkRow).lsn)
      .map(({ lsn }) => `${lsn} is out of order`),
    ...rows
      .filter(({ lsn }, at) => lsn !== BigInt(at))
      .slice(0, 1)
      .map(({ lsn }, at) => `${lsn} is at place ${at}`),
    // One commit a revision, from 0.
    ...Object.entries(documents)
      .filter(([id, revision]) => counts.get(id) !== revision + 1)
      .map(([id, revision]) => `${id} is there ${counts.get(id) ?? 0} times, and was changed ${revision + 1} times`),
  ]
}
