import { runCdcConformance } from '@uni/reload-cdc/testing'
import type { Plugin } from '@uni/reload-core'
import type { DeclareTest } from '@uni/reload-core/testing'
import { readCrdtGolden, runCrdtConformance } from '@uni/reload-crdt/testing'
import { readIndexGolden, runIndexConformance } from '@uni/reload-index/testing'
import { logicalType, type LogicalTypeProvider } from '@uni/reload-logical-type'
import { runLogicalTypeConformance } from '@uni/reload-logical-type/testing'
import type { MemorySurface } from '@uni/reload-state'
import { runMemoryConformance, runTimersConformance } from '@uni/reload-state/testing'
import { describe, expect, it } from 'vitest'
import type { CatalogueEntry } from '../../src/plugins/catalogue.js'
import { drafts } from '../../src/plugins/drafts/contract.js'
import { draftsEntry } from '../../src/plugins/drafts/entry.js'
import { fulltextEntry } from '../../src/plugins/fulltext/entry.js'
import { geoEntry } from '../../src/plugins/geo/entry.js'
import { jsonLinesEntry } from '../../src/plugins/json-lines/entry.js'
import { reminders } from '../../src/plugins/reminders/contract.js'
import { remindersEntry } from '../../src/plugins/reminders/entry.js'
import { vectorsEntry } from '../../src/plugins/vectors/entry.js'
import { visits } from '../../src/plugins/visits/contract.js'
import { visitsEntry } from '../../src/plugins/visits/entry.js'
import { providerOf } from '../plugins/support/providers.js'
import { boards, notes, sheets, subjectOf, type EditedKind } from './support/crdt-subjects.js'
import { failuresOf } from './support/failures.js'
import { goldenFiles } from './support/golden-files.js'
import { indexFixture } from './support/index-fixture.js'
import { JSON_LINES, jsonLinesSink } from './support/json-lines-sink.js'
import { LINES, VISITS } from './support/memory-writes.js'
import { REMINDERS } from './support/reminders.js'
import { storedImages } from './support/stored-images.js'

/** The version of an entry that is tried. */
type Choice = (entry: CatalogueEntry) => Plugin

const INDEX = { writes: true, isolated: true, checksum: true, files: true, upgrade: true, downgrade: true }

async function index(entryIn: (directory: string) => CatalogueEntry, choose: Choice) {
  const golden = readIndexGolden(await goldenFiles(entryIn('').id))
  const make = () =>
    indexFixture(
      (directory) => choose(entryIn(directory)),
      (directory) => entryIn(directory).v2(),
    )
  return (test: DeclareTest): void => runIndexConformance({ test, make, capabilities: INDEX, golden, seed: 1 })
}

async function jsonLines(choose: Choice) {
  const golden = await goldenFiles('json-lines')
  return (test: DeclareTest): void =>
    runCdcConformance({ test, make: () => jsonLinesSink('json-lines-all', choose), capabilities: JSON_LINES, golden })
}

async function edited(kind: EditedKind, choose: Choice) {
  const { entry } = kind
  const golden = (await goldenFiles(entry.id)).map(({ bytes }) => readCrdtGolden(bytes))
  return (test: DeclareTest): void => runCrdtConformance({ test, make: () => subjectOf(kind, choose(entry)), golden })
}

async function geo(choose: Choice) {
  const golden = await goldenFiles('geo')
  const make = (): LogicalTypeProvider => providerOf(choose(geoEntry), logicalType)
  return (test: DeclareTest): void =>
    runLogicalTypeConformance({ test, make, capabilities: { displayIsLiteral: true }, golden })
}

async function value<T, W>(entry: CatalogueEntry, surface: MemorySurface<T, W>, writes: readonly W[], choose: Choice) {
  const stored = await storedImages(entry.id)
  const make = () => providerOf(choose(entry), surface)
  return (test: DeclareTest): void => runMemoryConformance({ test, make, writes, stored })
}

const remindersOf = remindersEntry(() => {})

async function timed(choose: Choice) {
  const make = () => providerOf(choose(remindersOf), reminders)
  return (test: DeclareTest): void => runTimersConformance({ test, make, payloads: REMINDERS })
}

/** What the kit of its kind finds wrong with a version: the keys of the tests that fail, and the rules they name. */
const FOUND: readonly (readonly [
  entry: CatalogueEntry,
  fault: string,
  kit: (choose: Choice) => Promise<(test: DeclareTest) => void>,
  keys: readonly string[],
  rules: readonly string[],
])[] = [
  [
    fulltextEntry,
    'refuses the old bytes',
    (choose) => index(() => fulltextEntry, choose),
    ['image/round-trip'],
    ['P8'],
  ],
  [
    fulltextEntry,
    'loses every third document',
    (choose) => index(() => fulltextEntry, choose),
    ['image/round-trip'],
    ['P8'],
  ],
  [vectorsEntry(''), 'refuses the old bytes', (choose) => index(vectorsEntry, choose), ['image/round-trip'], ['P8']],
  [vectorsEntry(''), 'opens empty', (choose) => index(vectorsEntry, choose), ['image/round-trip'], ['P8']],
  [jsonLinesEntry(''), 'does not start', jsonLines, ['contract/stream'], ['P1']],
  [jsonLinesEntry(''), 'starts a stream without deliver', jsonLines, ['contract/stream'], ['P1']],
  [notes.entry, 'forgets the meta of a note', (choose) => edited(notes, choose), ['golden'], ['X22']],
  [notes.entry, 'refuses the old bytes', (choose) => edited(notes, choose), ['golden'], ['X22']],
  [boards.entry, 'drops cards', (choose) => edited(boards, choose), ['golden'], ['X22']],
  [sheets.entry, 'swaps the title', (choose) => edited(sheets, choose), ['golden'], ['X22']],
  [geoEntry, 'changes the Arrow type of the coordinates', geo, ['column/display', 'golden'], ['L6', 'L6, L7']],
  [geoEntry, 'swaps latitude and longitude', geo, ['samples/display-is-literal', 'golden'], ['L5', 'L6, L7']],
  [
    visitsEntry,
    'refuses what is kept',
    (choose) => value(visitsEntry, visits, VISITS, choose),
    ['stored/read'],
    ['M4'],
  ],
  [
    draftsEntry,
    'refuses the drafts that are open',
    (choose) => value(draftsEntry, drafts, LINES, choose),
    ['schema/own', 'stored/read'],
    ['M3', 'M4'],
  ],
  [remindersOf, 'refuses what is pending', timed, ['payloads/taken'], ['T4']],
]

/** Of kinds whose edits take long, as those of Automerge and Loro do, only this part of the kit is run. */
const PARTS: Readonly<Record<string, string>> = { boards: 'golden', sheets: 'golden' }

/**
 * What only a host sees: a runner has a time limit for what hangs, a failing `init` is no fault of the provider, and
 * one that lacks a method is refused before a kit could call it.
 */
const UNSEEN = ['hangs in open', 'fails in init', 'lacks the method apply', 'lacks the method fire']

describe('a bad version fails the kit of its kind on the rule it breaks', () => {
  it.each(FOUND.map(([entry, fault, ...found]) => [entry.id, fault, ...found] as const))(
    '%s: a version that %s',
    async (id, fault, kit, keys, rules) => {
      const declareKit = await kit(
        (entry) =>
          (entry.bad().find((version) => version.fault === fault) as ReturnType<typeof entry.bad>[number]).plugin,
      )
      expect(await failuresOf(declareKit, PARTS[id])).toEqual({ keys, rules })
    },
  )

  it('there is no other bad version of these plugins', () => {
    for (const entry of new Set(FOUND.map(([one]) => one))) {
      const found = FOUND.filter(([{ id }]) => id === entry.id).map(([, fault]) => fault)
      expect(
        entry
          .bad()
          .map(({ fault }) => fault)
          .filter((fault) => !UNSEEN.includes(fault)),
      ).toEqual(found)
    }
  })
})
