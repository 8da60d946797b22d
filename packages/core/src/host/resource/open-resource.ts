import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { ErrorPlace } from '../../errors.js'
import { isPromiseLike, type MaybePromise } from '../../maybe-promise.js'
import type { AnyStrategy, Opening } from '../../strategy.js'
import { closeHeld } from './close-resource.js'

export interface ToOpen<P, R> {
  readonly strategy: AnyStrategy
  readonly provider: P
  readonly place: ErrorPlace
  open(provider: P, opening: Opening): MaybePromise<R>
  /** Gives it up; what the open produces after all is closed again. */
  readonly signal: AbortSignal
}

/**
 * Has a provider open a live resource, which is claimed from then on.
 *
 * @throws ReloadError `HANDOFF`, `DUPLICATE`, `STEP_TIMEOUT`, `ABORTED`.
 */
export function openResource<P, R>(
  environment: StepEnvironment,
  { strategy, provider, place, open, signal }: ToOpen<P, R>,
): Promise<R> {
  const step = new Step(environment, place)
  const discard = (late: R): MaybePromise<void> => strategy.close?.(late)
  const opening: Opening = {
    claim: (resource) => {
      step.claim(resource)
    },
    letGo: (resource) => {
      step.letGo(resource)
    },
  }
  const accept = (resource: R): R => {
    if (resource === undefined || resource === null) throw new Error('open returned no resource')
    step.claim(resource)
    return resource
  }
  return step.runCall('prepare', { code: 'HANDOFF', discard, signal }, 'open', () => {
    const resource = open(provider, opening)
    return isPromiseLike(resource) ? Promise.resolve(resource).then(accept) : accept(resource)
  })
}

/** Closes what was opened and did not begin to serve. */
export async function closeOpened(
  environment: StepEnvironment,
  strategy: AnyStrategy,
  resource: unknown,
  place: ErrorPlace,
): Promise<void> {
  const step = new Step(environment, place)
  const close = (): Promise<void> => step.call('close', async () => strategy.close?.(resource))
  await step.run('rollback', { code: 'HANDOFF' }, () => closeHeld(resource, environment, close))
}
