import { storageBackendHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { storageBackendSubject } from '../../src/subjects/storage-backend.js'

await declareMatrix(storageBackendHandoff(), storageBackendSubject)
