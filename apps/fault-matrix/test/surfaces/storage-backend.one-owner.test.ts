import { storageBackendHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { rememberingStorageSubject } from '../../src/subjects/storage-backend.js'

await declareMatrix(storageBackendHandoff(), rememberingStorageSubject)
