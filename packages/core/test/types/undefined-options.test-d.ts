import { expectTypeOf, test } from 'vitest'
import type {
  AddOptions,
  AttachOptions,
  BakeOptions,
  CallOptions,
  CaptureOptions,
  CaptureReadyOptions,
  CleanHandoffOptions,
  InPlaceVerbs,
  KindHandoff,
  PluginDependency,
  PluginManifest,
  SurfaceDefinition,
  DispatchRequest,
  DispatcherOptions,
  DrainPolicy,
  ErrorPlace,
  OpenOptions,
  OpenedOptions,
  PaceOptions,
  PluginHostOptions,
  PreCopyVerbs,
  ReloadErrorInit,
  ReloadOptions,
  RemoveOptions,
  Timeouts,
  QueueOptions,
  Use,
  WriteGateOptions,
} from '@uni/reload-core'
import type {
  BackgroundJobHandoffOptions,
  BackgroundJobProvider,
  HookProvider,
  MiddlewareProvider,
  RunJobOptions,
  ScalarFnProvider,
  StorageBackendProvider,
} from '@uni/reload-core/surfaces'
import type { FileJournalOptions } from '@uni/reload-core/node'
import type {
  ConformanceCase,
  ConformanceOptions,
  FaultOptions,
  GivenKind,
  KitOptions,
  StrategyConformanceOptions,
  StrategySubject,
  SubjectScene,
  Tolerance,
} from '@uni/reload-core/testing'
import type { RefusesUndefined } from './refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<AddOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<AttachOptions<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<BakeOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CaptureOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CaptureReadyOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CleanHandoffOptions<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<DispatcherOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<DispatchRequest>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<DrainPolicy>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<OpenedOptions<unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<OpenOptions<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<PaceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<PluginHostOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ReloadOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<RemoveOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Timeouts>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<QueueOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Use>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<WriteGateOptions<unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CallOptions<unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<BackgroundJobHandoffOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<RunJobOptions<unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<FileJournalOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ConformanceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<FaultOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<KitOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<StrategyConformanceOptions<unknown, unknown, unknown>>>().toEqualTypeOf<never>()
})

test('and so is a member of what plugins and hosts give', () => {
  expectTypeOf<RefusesUndefined<PluginManifest>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<PluginDependency>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<SurfaceDefinition<object>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<KindHandoff<object, object, object>, 'next' | 'gate'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<BackgroundJobProvider>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<HookProvider>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<MiddlewareProvider>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ScalarFnProvider>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<StorageBackendProvider, 'medium' | 'cutover'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<InPlaceVerbs<object, object>, 'methods'>>>().toEqualTypeOf<never>()
})

test('and of errors, kits and verbs', () => {
  expectTypeOf<RefusesUndefined<ErrorPlace>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ReloadErrorInit>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ConformanceCase>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<GivenKind>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Tolerance>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<SubjectScene<object, object, object>, 'resources'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<StrategySubject<object, object, object>, SubjectOption>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<PreCopyVerbs<object, object, object, object>, 'meaning'>>>().toEqualTypeOf<never>()
})
type SubjectOption = 'variant' | 'cutover' | 'gives' | 'tolerates' | 'inOrder' | 'recovers'

test('what refuses undefined is found', () => {
  expectTypeOf<RefusesUndefined<{ readonly a?: 1; b: 2; c?: 3 | undefined }>>().toEqualTypeOf<'a'>()
})
