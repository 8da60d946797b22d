import { ReloadError, describeThrown, type ErrorPlace } from '../errors.js'
import type { AnyStrategy } from '../strategy.js'
import { synchronous } from '../synchronous.js'

const SERVES =
  'The resource serves, and what it does by itself may not have begun. Correct the version that serves, ' +
  'then reload.'

/**
 * Has `resource` begin to act by itself, in the turn of the event loop in which it begins to serve.
 *
 * @throws ReloadError `HANDOFF` where the strategy throws, or returns a promise, which nothing could await in that
 * turn.
 */
export function activate(strategy: AnyStrategy, resource: unknown, place: ErrorPlace, hint = SERVES): void {
  try {
    synchronous(
      strategy.activate?.(resource),
      'activate()',
      'it is part of the turn in which the resource begins to serve',
    )
  } catch (cause) {
    throw new ReloadError('HANDOFF', describeThrown(cause), { ...place, step: 'activate', cause, hint })
  }
}
