import { cdcHandoff } from '@uni/reload-cdc'
import { aggregateFnHandoff, backgroundJobHandoff, scalarFnHandoff, storageBackendHandoff } from '@uni/reload-core/surfaces'
import { crdtHandoff } from '@uni/reload-crdt'
import { indexHandoff } from '@uni/reload-index'
import { logicalTypeHandoff } from '@uni/reload-logical-type'
import { matrixOf, type SurfaceMatrix } from './matrix.js'
import { aggregateFnSubject } from './subjects/aggregate-fn.js'
import { backgroundJobSubject } from './subjects/background-job.js'
import { cdcOutputSubject } from './subjects/cdc-output.js'
import { crdtKindSubject } from './subjects/crdt-kind.js'
import { indexKindSubject } from './subjects/index-kind.js'
import { logicalTypeSubject } from './subjects/logical-type.js'
import { scalarFnSubject } from './subjects/scalar-fn.js'
import { privateStorageSubject, rememberingStorageSubject, storageBackendSubject } from './subjects/storage-backend.js'

/** Strategies whose providers have samples, or live resources to look at, are held to one of each: what repeats shows nothing new. */
export const MATRICES: readonly SurfaceMatrix[] = [
  matrixOf(scalarFnHandoff(), scalarFnSubject),
  matrixOf(aggregateFnHandoff(), aggregateFnSubject),
  matrixOf(backgroundJobHandoff(), backgroundJobSubject),
  matrixOf(storageBackendHandoff(), storageBackendSubject),
  matrixOf(storageBackendHandoff(), privateStorageSubject),
  matrixOf(storageBackendHandoff(), rememberingStorageSubject),
  matrixOf(cdcHandoff(), cdcOutputSubject),
  matrixOf(logicalTypeHandoff(), logicalTypeSubject),
  matrixOf(indexHandoff(), indexKindSubject),
  matrixOf(crdtHandoff({ sampleLimit: 1 }), crdtKindSubject),
]
