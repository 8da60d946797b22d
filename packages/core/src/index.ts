export { type Clock, systemClock } from './clock.js'
export { type MaybePromise } from './maybe-promise.js'
export { Slices } from './slices.js'
export { describeThrown, type ErrorPlace, PluginCallError, ReloadError, type ReloadErrorCode, type ReloadErrorInit, type ReloadPhase } from './errors.js'

export { defineSurface, type AnySurface, type Surface, type SurfaceDefinition } from './surface.js'
export type {
  AnyStrategy, CallOptions, CompatVerdict, Cutover, Discipline, HandoffJob, HandoffStrategy, KeptResource, LiveSample, ProviderPair,
  ProviderView, ResourceHandoff, StepContext,
} from './strategy.js'
export { cleanHandoff, type CleanHandoffOptions } from './move/clean.js'
export { WriteGate, type Halt, type HandoffGate, type WriteGateOptions } from './move/gate.js'
export { preCopy, type PreCopyVerbs } from './move/pre-copy.js'
export { stopAndCopy, type StopAndCopyVerbs } from './move/stop-and-copy.js'

export { ReloadDispatcher, type DispatcherOptions, type DispatchRequest } from './dispatch/dispatcher.js'
export { OldProviders, ReloadKindHandlers, type KindHandoff } from './dispatch/request.js'
export { ReloadOutcome } from './dispatch/outcome.js'
export type { CompatEntry, CompatReport, FailureReport, HandoffReport } from './dispatch/report.js'
export type { TimedCall, Timeouts } from './dispatch/timeouts.js'

export type { Plugin, PluginContext, PluginDependency, PluginHandle, PluginManifest, Registrar } from './host/plugin.js'
export type { Blocker, CaptureOptions, Lease, ProviderLease } from './host/lease.js'
export type { AttachOptions, LiveResource } from './host/live-resource.js'
export type { Journal, JournalRecord, JournaledChange } from './journal/record.js'
export { PluginHost, type ReloadOptions, type RemoveOptions } from './host/plugin-host.js'
export type { PluginHostOptions } from './host/host-state.js'
export type { DrainPolicy } from './host/drain.js'
export type { BakeOptions, BakeReport } from './host/bake.js'
export type { Grants } from './host/staging.js'
export type { ReloadEvent, ReloadObserver } from './host/events.js'
export type { HandoffStep } from './dispatch/handoffs.js'
export type { FinalReport, PluginStatus, ReloadReport, ReloadResult, RemoveResult, ResourceStatus } from './host/results.js'
