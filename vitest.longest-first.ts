import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take longest, the longest of each project first, and the projects in the order in which they begin. */
const LONG = [
  'example-host/test/crash/crash.built.test.ts',
  'loader/test/edited-under-load.built.test.ts',
  'crdt/test/node-test.built.test.ts',
  'fault-matrix/test/leaks.test.ts',
  'core/test/leaks/leak-watch.test.ts',
  'core/test/interleavings/interleavings.test.ts',
  'fault-matrix/test/surfaces/crdt-kind.test.ts',
  'fault-matrix/test/surfaces/crdt-kind.in-place.test.ts',
  'fault-matrix/test/surfaces/index-kind.test.ts',
  'fault-matrix/test/surfaces/storage-backend.private-medium.test.ts',
  'index/test/broken.test.ts',
  'core/test/faults/in-place.test.ts',
  'fault-matrix/test/surfaces/storage-backend.test.ts',
  'fault-matrix/test/surfaces/cdc-output.test.ts',
  'example-host/test/conformance/postgres.test.ts',
  'example-host/test/conformance/boards.test.ts',
  'core/test/interleavings/pairs.test.ts',
  'crdt/test/broken-kinds.test.ts',
  'index/test/conformance.test.ts',
  'logical-type/test/testing/conformance.test.ts',
  'logical-type/test/testing/counter-examples.test.ts',
  'core/test/faults/session-cache.test.ts',
  'core/test/faults/websocket-hub.test.ts',
  'core/test/faults/strategy-conformance.test.ts',
  'cdc/test/conformance-broken.test.ts',
  'fault-matrix/test/surfaces/value.test.ts',
  'fault-matrix/test/surfaces/logical-type.test.ts',
  'fault-matrix/test/surfaces/storage-backend.one-owner.test.ts',
  'example-host/test/conformance/json-lines.test.ts',
  'state/test/faults/connections.test.ts',
  'crdt/test/conformance.test.ts',
  'example-host/test/plugins/postgres.test.ts',
  'releases/test/releases.test.ts',
  'core/test/model/replay.test.ts',
  'loader/test/watch/watch-plugin.test.ts',
]

/**
 * The files of a project follow one another: a worker ends where the next file is another project's, and the one after
 * it has to read all modules anew. Of a project, and of all projects, the longest begin first: one that began last
 * would run alone, while the others have nothing left to do.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/${name}`))
      return at < 0 ? LONG.length : at
    }
    const sorted = await super.sort(files)
    const firstOf = new Map<string, number>()
    for (const file of sorted) {
      const { name } = file.project
      firstOf.set(name, Math.min(firstOf.get(name) ?? LONG.length, placeOf(file)))
    }
    return sorted.toSorted(
      (a, b) => (firstOf.get(a.project.name) ?? 0) - (firstOf.get(b.project.name) ?? 0) || placeOf(a) - placeOf(b),
    )
  }
}
