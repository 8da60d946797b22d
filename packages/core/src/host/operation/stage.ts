import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import { closeDependantsFirst } from '../lifecycle/close-order.js'
import { initialize, register, shutdown } from '../lifecycle/lifecycle.js'
import { VersionLifetime } from '../plugin/version-lifetime.js'
import type { Origin } from '../plugin/origin.js'
import { retiredBy, manifestAfter, type Change } from '../plan/change.js'
import { EpochChange } from '../plan/epoch-change.js'
import { Succession } from '../plan/succession.js'
import type { HostState } from '../state/host-state.js'
import type { UndoList } from './undo-list.js'

export interface Staging {
  readonly changes: readonly Change[]
  /** The number of the operation. */
  readonly operation: number
  readonly environment: StepEnvironment
  readonly signal: AbortSignal | undefined
  readonly undos: UndoList
}

/** How far the stage has come. */
interface Staged {
  readonly installed: PluginVersion[]
  /** Those of `installed` that were registered here. */
  readonly fresh: PluginVersion[]
  /** The lifetimes of `fresh`, in the same order. Where a `register` has failed, its lifetime is the last one. */
  readonly lifetimes: VersionLifetime[]
  readonly initialized: Set<PluginVersion>
}

/**
 * The phase `stage`: the new versions are registered, where nobody else sees them, and initialized.
 *
 * @throws ReloadError `PLUGIN`, `NO_STRATEGY`, `CAPABILITY`, `DUPLICATE`, `STEP_TIMEOUT`, `ABORTED`.
 */
export async function stage(state: HostState, staging: Staging): Promise<Succession> {
  const { undos, environment } = staging
  const staged: Staged = { installed: [], fresh: [], lifetimes: [], initialized: new Set() }
  const undo = (): Promise<unknown[]> => close(staged, state.environment.concurrency, environment)
  let succession: Succession
  try {
    succession = await stageInto(staged, state, staging)
  } catch (error) {
    // This comes before any shutdown: a `shutdown` may wait for a call on a resource that was to be opened.
    letGoDeclared(staged.installed)
    if (isEmpty(staged)) await undo()
    else undos.push(undo)
    throw error
  }
  undos.push(undo)
  return succession
}

/** Whether there is nothing to undo: then no rollback is begun, and the observer is told of none. */
function isEmpty({ initialized, lifetimes }: Staged): boolean {
  return initialized.size === 0 && !lifetimes.some(({ isUsed }) => isUsed)
}

/** Refuses the calls that wait for resources which `versions` were to have opened. */
export function letGoDeclared(versions: readonly PluginVersion[]): void {
  for (const { declared } of versions) for (const { handle } of declared) handle.rolledBack()
}

async function stageInto(
  { installed, fresh, lifetimes, initialized }: Staged,
  state: HostState,
  { changes, operation, environment, signal }: Staging,
): Promise<Succession> {
  const origin: Origin = { operation, manifests: changes.map(manifestAfter).filter((it) => it !== undefined) }
  for (const change of changes) {
    if (change.kind === 'take-back') {
      installed.push(change.to.returning(change.old, (version) => state.epochs.reach(version)))
    }
    if (change.kind !== 'install' && change.kind !== 'reload') continue
    const lifetime = new VersionLifetime(change.plugin.manifest)
    lifetimes.push(lifetime)
    const version = await register(state, { ...change, origin, lifetime }, environment, signal)
    installed.push(version)
    fresh.push(version)
  }
  const retired = changes.map(retiredBy).filter((version) => version !== undefined)
  const succession = await Succession.of(retired, installed, environment.pace)
  await new EpochChange(succession, state.tables, environment.pace).check('stage')
  for (const version of fresh) {
    await initialize(version, environment, signal)
    initialized.add(version)
  }
  return succession
}

/** Resolves with what failed. */
async function close(
  { fresh, lifetimes, initialized }: Staged,
  concurrency: number,
  environment: StepEnvironment,
): Promise<unknown[]> {
  const errors: unknown[] = []
  const unregistered = lifetimes[fresh.length]
  if (unregistered !== undefined) errors.push(...(await unregistered.end('rollback', environment)))
  await closeDependantsFirst(fresh, concurrency, async (version) => {
    const closing = initialized.has(version)
      ? shutdown(version, 'rollback', environment)
      : version.lifetime.end('rollback', environment)
    errors.push(...(await closing))
  })
  return errors
}
