export { aggregateFn, aggregateFnHandoff, type AggregateFnProvider, type AggregateFnSurface } from './aggregate-fn.js'
export {
  backgroundJob,
  backgroundJobHandoff,
  runJob,
  type BackgroundJobHandoffOptions,
  type BackgroundJobProvider,
  type BackgroundJobSurface,
  type JobRun,
  type RunJobOptions,
} from './background-job.js'
export { scalarFn, scalarFnHandoff, type ScalarFnProvider, type ScalarFnSurface } from './scalar-fn.js'
export {
  storageBackend,
  type Storage,
  type StorageBackendProvider,
  type StorageBackendSurface,
  type StorageWrite,
} from './storage-backend.js'
export { storageBackendHandoff } from './storage-handoff.js'
export { hook, hookHandoff, hooksOf, runHooks, type HookProvider } from './hook.js'
export { middleware, middlewareHandoff, runMiddleware, type MiddlewareProvider } from './middleware.js'
export { service, serviceHandoff, serviceOf, type ServiceProvider } from './service.js'
