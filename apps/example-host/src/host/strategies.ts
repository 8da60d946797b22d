import type { AnyStrategy } from '@uni/reload-core'
import {
  aggregateFnHandoff,
  hookHandoff,
  middlewareHandoff,
  scalarFnHandoff,
  serviceHandoff,
  storageBackendHandoff,
} from '@uni/reload-core/surfaces'
import { cdcHandoff, type CommitLog } from '@uni/reload-cdc'
import { crdtHandoff } from '@uni/reload-crdt'
import { indexHandoff, type ImageSpool } from '@uni/reload-index'
import { jobsHandoff } from '@uni/reload-jobs'
import { cronerJobs, type CronerJobs } from '@uni/reload-jobs/croner'
import { logicalTypeHandoff } from '@uni/reload-logical-type'
import { connectionsHandoff, memoryHandoff, timersHandoff } from '@uni/reload-state'
import { chat } from '../plugins/chat/contract.js'
import { drafts } from '../plugins/drafts/contract.js'
import { reminders } from '../plugins/reminders/contract.js'
import { visits } from '../plugins/visits/contract.js'
import { differentDocuments } from './different-documents.js'
import { everyDocument } from './queries.js'

export interface StrategiesOptions {
  readonly log: CommitLog
  /** What images that are handed over as files go through. */
  readonly spool?: ImageSpool
  /** What runs background jobs by their schedules. Default: nothing runs them. */
  readonly jobs?: CronerJobs
}

/** One strategy a surface: what this host can replace. */
export function strategies({ log, spool, jobs = cronerJobs() }: StrategiesOptions): AnyStrategy[] {
  return [
    scalarFnHandoff(),
    aggregateFnHandoff(),
    storageBackendHandoff(),
    jobsHandoff(jobs),
    indexHandoff({
      ...(spool && { spool }),
      canary: { queries: [everyDocument], k: Number.MAX_SAFE_INTEGER, compare: differentDocuments },
    }),
    cdcHandoff({ canResume: (lsn) => log.canReadFrom(lsn) }),
    crdtHandoff({ direction: 'full' }),
    logicalTypeHandoff(),
    memoryHandoff(visits),
    memoryHandoff(drafts),
    connectionsHandoff(chat),
    timersHandoff(reminders),
    hookHandoff(),
    serviceHandoff(),
    middlewareHandoff(),
  ]
}
