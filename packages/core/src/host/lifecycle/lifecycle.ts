import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { MaybePromise } from '../../maybe-promise.js'
import type { HostState } from '../state/host-state.js'
import type { Origin } from '../plugin/origin.js'
import type { Plugin, PluginContext } from '../plugin/plugin.js'
import { PluginVersion } from '../epoch/plugin-version.js'
import { Staging } from './staging.js'
import type { VersionLifetime } from '../plugin/version-lifetime.js'

interface Registered {
  readonly plugin: Plugin
  readonly old?: PluginVersion
  readonly origin: Origin
  readonly lifetime: VersionLifetime
}

/** Lets a plugin register where nobody else can see it. */
export async function register(
  state: HostState,
  { plugin, old, origin, lifetime }: Registered,
  environment: StepEnvironment,
  signal?: AbortSignal,
): Promise<PluginVersion> {
  const staging = new Staging(plugin, lifetime, state.tables, state.grants)
  const step = stepOf(plugin, environment)
  try {
    await step.runCall('stage', { code: 'PLUGIN', ...(signal && { signal }) }, 'register', () =>
      plugin.register(staging),
    )
  } catch (error) {
    for (const { handle } of staging.declared) handle.rolledBack()
    throw error
  } finally {
    staging.seal()
  }
  return new PluginVersion({
    plugin,
    origin,
    generation: old === undefined ? 0 : old.generation + 1,
    order: old?.order ?? state.plugins.nextInOrder(),
    registrations: staging.registrations,
    declared: staging.declared,
    lifetime,
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
  await step.runCall('stage', { code: 'PLUGIN', discard, ...(signal && { signal }) }, 'init', (callSignal) =>
    plugin.init?.(new Context(version, callSignal)),
  )
}

/** Shuts a version down, and ends its lifetime. Resolves with what failed. */
export async function shutdown(
  version: PluginVersion,
  phase: 'rollback' | 'finalize',
  environment: StepEnvironment,
): Promise<unknown[]> {
  const errors: unknown[] = []
  const step = stepOf(version.plugin, environment)
  const call = (signal: AbortSignal): MaybePromise<void> => shutdownOf(version, signal)
  await step.runCall(phase, { code: 'PLUGIN' }, 'shutdown', call).catch((error: unknown) => errors.push(error))
  errors.push(...(await version.lifetime.end(phase, environment)))
  return errors
}

function shutdownOf(version: PluginVersion, signal: AbortSignal): MaybePromise<void> {
  return version.plugin.shutdown?.(new Context(version, signal))
}

/** What `init` and `shutdown` are given. */
class Context implements PluginContext {
  readonly id: string
  readonly version: string
  readonly generation: number
  readonly signal: AbortSignal
  readonly onDispose: PluginContext['onDispose']
  readonly #lifetime: VersionLifetime

  constructor({ id, version, generation, lifetime }: PluginVersion, signal: AbortSignal) {
    this.id = id
    this.version = version
    this.generation = generation
    this.signal = signal
    this.onDispose = lifetime.onDispose
    this.#lifetime = lifetime
  }

  /** Made when it is read: most plugins have no use for it. */
  get lifetime(): AbortSignal {
    return this.#lifetime.signal
  }
}

function stepOf(plugin: Plugin, environment: StepEnvironment): Step {
  return new Step(environment, { plugin: `${plugin.manifest.id}@${plugin.manifest.version}` })
}
