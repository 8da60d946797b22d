import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take longest, the longest first. */
const LONG = [
  'fault-matrix/test/surfaces/index-kind.test.ts',
  'fault-matrix/test/surfaces/crdt-kind.test.ts',
  'fault-matrix/test/surfaces/storage-backend.private-medium.test.ts',
  'core/test/interleavings/interleavings.test.ts',
  'example-host/test/crash/crash.built.test.ts',
  'crdt/test/broken-kinds.test.ts',
  'core/test/model/replay.test.ts',
  'core/test/interleavings/pairs.test.ts',
  'cdc/test/postgres/kills.test.ts',
  'core/test/leaks/bake.test.ts',
  'core/test/faults/strategy-conformance.test.ts',
  'core/test/leaks/disciplines.test.ts',
  'core/test/faults/broken-strategies.test.ts',
  'cdc/test/conformance-broken.test.ts',
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
