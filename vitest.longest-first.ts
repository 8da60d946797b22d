import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take longest, the longest first. */
const LONG = [
  'fault-matrix/test/leaks.test.ts',
  'core/test/faults/session-cache.test.ts',
  'fault-matrix/test/surfaces/crdt-kind.test.ts',
  'core/test/faults/websocket-hub.test.ts',
  'index/test/broken.test.ts',
  'core/test/interleavings/interleavings.test.ts',
  'example-host/test/crash/crash.built.test.ts',
  'core/test/leaks/leak-watch.test.ts',
  'releases/test/releases.test.ts',
  'example-host/test/conformance/vectors.test.ts',
  'example-host/test/conformance/postgres.test.ts',
  'fault-matrix/test/surfaces/index-kind.test.ts',
  'fault-matrix/test/surfaces/storage-backend.private-medium.test.ts',
  'logical-type/test/testing/counter-examples.test.ts',
  'crdt/test/broken-kinds.test.ts',
  'core/test/faults/strategy-conformance.test.ts',
]

/** A long file that began last would run alone, while the other workers have nothing left to do. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/${name}`))
      return at < 0 ? LONG.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
