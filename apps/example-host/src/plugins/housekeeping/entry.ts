import { backgroundJob } from '@uni/reload-core/surfaces'
import type { CatalogueEntry } from '../catalogue.js'
import { changesItsId } from './changes-its-id.js'
import { housekeepingV1 } from './v1.js'
import { housekeepingV2 } from './v2.js'

/** @param onRun told of each run, and of the version that ran. */
export function housekeepingEntry(onRun: (version: string) => void): CatalogueEntry {
  return {
    id: 'housekeeping',
    surface: backgroundJob.id,
    keys: ['housekeeping'],
    v1: () => housekeepingV1(onRun),
    v2: () => housekeepingV2(onRun),
    bad: () => [{ plugin: changesItsId(onRun), fault: 'changes its id', code: 'MANIFEST', result: 'rejected' }],
  }
}
