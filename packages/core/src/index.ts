export { ASYNC_DISPOSE, DISPOSE } from './dispose.js'
export { type Clock, systemClock } from './clock.js'
export { type MaybePromise } from './maybe-promise.js'
export { Slices } from './slices.js'
export type { PaceOptions } from './pace.js'
export { synchronous } from './synchronous.js'
export {
  checkOptions,
  option,
  readMembers,
  unexpected,
  type OptionCheck,
  type OptionChecks,
  type RequiredCheck,
} from './options.js'
export {
  describeThrown,
  type ErrorPlace,
  PluginCallError,
  ReloadError,
  type ReloadErrorCode,
  type ReloadErrorInit,
  type ReloadPhase,
} from './errors.js'

export {
  defineSurface,
  narrowable,
  type AnySurface,
  type Surface,
  type SurfaceDefinition,
  type WrittenSurfaceDefinition,
} from './surface.js'
export type {
  AddedProvider,
  AnyStrategy,
  CallOptions,
  CompatVerdict,
  Cutover,
  Discipline,
  HandBackOptions,
  HandoffJob,
  HandoffStrategy,
  IntactResource,
  LiveSample,
  Opening,
  PluginIdentity,
  ProviderChange,
  ProviderPair,
  ProviderView,
  RemovedProvider,
  ResourceHandoff,
  StandbyResource,
  StepContext,
  Transition,
} from './strategy.js'
export { attemptAll } from './move/attempt-all.js'
export { cleanHandoff, type CleanHandoffOptions, type CleanOptions, type CleanWrites } from './move/clean.js'
export { WriteGate } from './move/gate.js'
export type { WriteFollower } from './move/gate-move.js'
export type { WriteGateOptions } from './move/gate-terms.js'
export type { Halt, HandoffGate } from './handoff-gate.js'
export { inPlaceHandoff, type InPlaceVerbs } from './move/in-place.js'
export { opened, type OpenedOptions } from './move/opened.js'
export { preCopy, type PreCopyVerbs } from './move/pre-copy.js'
export { stopAndCopy, type StopAndCopyVerbs } from './move/stop-and-copy.js'

export { closeAside } from './dispatch/close-aside.js'
export { onAbort } from './on-abort.js'
export { ReloadDispatcher, type DispatcherOptions, type DispatchRequest } from './dispatch/dispatcher.js'
export { OldProviders, ReloadKindHandlers, type KindHandoff } from './dispatch/request.js'
export { ReloadOutcome } from './dispatch/reload-outcome.js'
export type { AttemptedHandoff, FailureReport } from './failure-report.js'
export type { HandoffReport } from './handoff-report.js'
export type { CompatEntry, CompatReport, SurfaceKey } from './dispatch/report.js'
export type { TimedCall, Timeouts } from './dispatch/timeouts.js'
export type { Acceptance, CountedVerdict, UnjudgedPolicy } from './dispatch/judging.js'

export type {
  Lifetime,
  Plugin,
  PluginContext,
  PluginDependency,
  PluginHandle,
  PluginManifest,
  Registrar,
} from './host/plugin/plugin.js'
export type {
  Blocker,
  CaptureOptions,
  CaptureReadyOptions,
  Lease,
  LeasedPlugin,
  ProviderLease,
  ResourceLease,
  Serving,
  Use,
  Uses,
} from './host/lease/lease.js'
export { releaseWith } from './host/lease/release-with.js'
export type { AttachOptions, Detached, LiveResource, OpenOptions, QueueOptions } from './live-resource.js'
export type { Journal, JournalRecord, JournaledAcceptance, JournaledChange } from './journal/record.js'
export { PluginHost } from './host/plugin-host.js'
export type { AddOptions, ReloadOptions, RemoveOptions } from './host/reload-options.js'
export type { PluginHostOptions } from './host/environment/plugin-host-options.js'
export type { VersionRanges } from './host/plugin/version-ranges.js'
export type { ReloadSource, ResourceName } from './host/resource/reload-source.js'
export type { DrainPolicy } from './host/lease/drain.js'
export type { BakeOptions } from './host/permanence/bake.js'
export type { Grants } from './host/plugin/grants.js'
export type { OperationKind, OperationTag, ReloadEvent, ReloadObserver } from './host/report/events.js'
export type { HandoffStep } from './dispatch/handoff-event.js'
export type {
  BakeReport,
  FinalReport,
  OpenedResource,
  PluginStatus,
  ReloadReport,
  ReloadResult,
  RemoveResult,
  ResourceStatus,
} from './host/report/results.js'
