import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import { closeDependantsFirst } from '../lifecycle/close-order.js'
import { initialize, register, shutdown } from '../lifecycle/lifecycle.js'
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

/**
 * The phase `stage`: the new versions are registered, where nobody else sees them, and initialized.
 *
 * @throws ReloadError `PLUGIN`, `NO_STRATEGY`, `CAPABILITY`, `DUPLICATE`, `STEP_TIMEOUT`, `ABORTED`.
 */
export async function stage(state: HostState, staging: Staging): Promise<Succession> {
  const installed: PluginVersion[] = []
  try {
    return await stageInto(installed, state, staging)
  } catch (error) {
    // Before anything is shut down, which may wait for a call on what was to be opened.
    letGoDeclared(installed)
    throw error
  }
}

/** Calls that wait for what the versions were to have opened are refused. */
export function letGoDeclared(versions: readonly PluginVersion[]): void {
  for (const { declared } of versions) for (const { handle } of declared) handle.rolledBack()
}

async function stageInto(
  installed: PluginVersion[],
  state: HostState,
  { changes, operation, environment, signal, undos }: Staging,
): Promise<Succession> {
  const origin: Origin = { operation, manifests: changes.map(manifestAfter).filter((it) => it !== undefined) }
  const fresh: PluginVersion[] = []
  for (const change of changes) {
    if (change.kind === 'take-back') {
      installed.push(change.to.returning(change.old, (version) => state.epochs.reach(version)))
    }
    if (change.kind !== 'install' && change.kind !== 'reload') continue
    const version = await register(state, { ...change, origin }, environment, signal)
    installed.push(version)
    fresh.push(version)
  }
  const retired = changes.map(retiredBy).filter((version) => version !== undefined)
  const succession = await Succession.of(retired, installed, environment.pace)
  await new EpochChange(succession, state.tables, environment.pace).check('stage')
  const initialized: PluginVersion[] = []
  undos.push(() => shutDown(initialized, state.environment.concurrency, environment))
  for (const version of fresh) {
    await initialize(version, environment, signal)
    initialized.push(version)
  }
  return succession
}

/** Resolves with what failed. */
async function shutDown(
  initialized: readonly PluginVersion[],
  concurrency: number,
  environment: StepEnvironment,
): Promise<unknown[]> {
  const errors: unknown[] = []
  await closeDependantsFirst(initialized, concurrency, (version) =>
    shutdown(version, 'rollback', environment).catch((error: unknown) => {
      errors.push(error)
    }),
  )
  return errors
}
