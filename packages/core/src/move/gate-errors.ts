import { ReloadError, describeThrown, type ReloadErrorCode } from '../errors.js'

/** The errors that one gate rejects with. Each rejection is a new error, as the caller may add to its own. */
export class GateErrors {
  readonly #place: { readonly surface: string; readonly resource: string }

  constructor(surface: string, resource: string) {
    this.#place = { surface, resource }
  }

  overdue(): ReloadError {
    return this.#error(
      'STEP_TIMEOUT',
      'the call has not settled within its time, and is waited for no longer; its outcome is unknown',
      'Until it settles, further work on this resource is refused with RESOURCE_STUCK. If it never does, reload the ' +
        "plugin with from: 'open'.",
    )
  }

  stuck(): ReloadError {
    return this.#error(
      'RESOURCE_STUCK',
      'the call was not begun, and nothing of it was applied: an earlier one is ' +
        'past its deadline and has not settled',
      "Try again later. If the earlier one never settles, reload the plugin with from: 'open'.",
    )
  }

  reentered(): ReloadError {
    return this.#error(
      'RESOURCE_REENTERED',
      'the call was not begun: it was made from inside a use of the same resource, and each would wait for the other',
      'Work with the resource that use passes to its function, and make the call once use has resolved.',
    )
  }

  aborted(cause: unknown): ReloadError {
    return this.#error(
      'ABORTED',
      'the caller aborted; the call was not begun, and nothing of it was applied',
      'Make the call again without an aborted signal.',
      {
        cause,
      },
    )
  }

  closed(): ReloadError {
    return this.#error('RESOURCE_CLOSED', 'the resource was detached', 'Attach it again to go on.')
  }

  halted(cause: unknown): ReloadError {
    const reason = `the resource is stopped and could not be started again: ${describeThrown(cause)}`
    return this.#error(
      'RESOURCE_HALTED',
      reason,
      'Its checkpoint is kept. Try again by a write or use, or reload the plugin with a version that starts.',
      { cause },
    )
  }

  #error(code: ReloadErrorCode, reason: string, hint: string, more: { cause?: unknown } = {}): ReloadError {
    return new ReloadError(code, reason, { ...this.#place, hint, ...more })
  }
}
