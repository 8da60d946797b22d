export { aggregateFn, aggregateFnHandoff, type AggregateFnProvider } from './aggregate-fn.js'
export {
  backgroundJob,
  backgroundJobHandoff,
  runJob,
  type BackgroundJobHandoffOptions,
  type BackgroundJobProvider,
} from './background-job.js'
export { scalarFn, scalarFnHandoff, type ScalarFnProvider } from './scalar-fn.js'
export { storageBackend, type Storage, type StorageBackendProvider, type StorageWrite } from './storage-backend.js'
export { storageBackendHandoff } from './storage-handoff.js'
