import { Step, type StepEnvironment } from '../../dispatch/step.js'
import type { MaybePromise } from '../../maybe-promise.js'
import type { HostState } from '../state/host-state.js'
import type { Brought } from '../permanence/permanent-versions.js'
import type { Plugin, PluginContext } from '../plugin/plugin.js'
import { PluginVersion } from '../epoch/plugin-version.js'
import { Staging } from './staging.js'

/** Lets a plugin register where nobody else can see it. */
export async function register(
  state: HostState,
  { plugin, old, brought }: { readonly plugin: Plugin; readonly old?: PluginVersion; readonly brought: Brought },
  environment: StepEnvironment,
  signal?: AbortSignal,
): Promise<PluginVersion> {
  const staging = new Staging(plugin, state.tables, state.grants)
  const step = stepOf(plugin, environment)
  try {
    await step.run('stage', { code: 'PLUGIN', ...(signal && { signal }) }, () =>
      step.call('register', () => plugin.register(staging)),
    )
  } finally {
    staging.seal()
  }
  return new PluginVersion({
    plugin,
    brought,
    generation: old === undefined ? 0 : old.generation + 1,
    place: old?.place ?? state.plugins.nextPlace(),
    registrations: staging.registrations,
  })
}

/** Runs `init`. One that succeeds after it was given up on is shut down again (I8). */
export async function initialize(
  version: PluginVersion,
  environment: StepEnvironment,
  signal?: AbortSignal,
): Promise<void> {
  const { plugin } = version
  if (plugin.init === undefined) return
  const step = stepOf(plugin, environment)
  const discard = (): MaybePromise<void> => shutdownOf(version, step.signal)
  // An abort may come between the end of the call and that of the phase, too.
  await step.run('stage', { code: 'PLUGIN', discard, ...(signal && { signal }) }, () =>
    step.call('init', (callSignal) => plugin.init?.(contextOf(version, callSignal)), { discard }),
  )
}

export async function shutdown(
  version: PluginVersion,
  phase: 'rollback' | 'finalize',
  environment: StepEnvironment,
): Promise<void> {
  const step = stepOf(version.plugin, environment)
  await step.run(phase, { code: 'PLUGIN' }, () =>
    step.call('shutdown', (callSignal) => shutdownOf(version, callSignal)),
  )
}

function shutdownOf(version: PluginVersion, signal: AbortSignal): MaybePromise<void> {
  return version.plugin.shutdown?.(contextOf(version, signal))
}

function contextOf(version: PluginVersion, signal: AbortSignal): PluginContext {
  return { id: version.id, version: version.version, generation: version.generation, signal }
}

function stepOf(plugin: Plugin, environment: StepEnvironment): Step {
  return new Step(environment, { plugin: `${plugin.manifest.id}@${plugin.manifest.version}` })
}
