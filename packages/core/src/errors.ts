import type { FailureReport } from './failure-report.js'
import { jsonSafe } from './json-safe.js'
import { bounded, plainText } from './plain-text.js'

/** The phases of a reload, in order, and the two ways of leaving it. */
export type ReloadPhase =
  | 'validate'
  | 'stage'
  | 'preflight'
  | 'fence'
  | 'prepare'
  | 'converge'
  | 'commit'
  | 'bake'
  | 'drain'
  | 'finalize'
  | 'rollback'

/**
 * Why an operation was refused or rolled back.
 *
 * - `PLUGIN_NOT_FOUND` no plugin has this id; `STALE_HANDLE` the plugin was reloaded since the handle was given.
 * - `MANIFEST` the manifest is malformed, or names another plugin; `DEPENDENCY` a version range is not satisfied.
 * - `RELOAD_IN_PROGRESS` this plugin is being added, reloaded or removed.
 * - `PLUGIN` the plugin's own `register` or `init` failed, or a provider is malformed.
 * - `CAPABILITY` a surface the plugin did not declare or was not granted; `DUPLICATE` a key, plugin or resource name
 *   that is taken, or an object that is another live resource already; `NO_STRATEGY` a surface nobody registered a
 *   strategy for.
 * - `SCHEMA_INCOMPAT` a strategy judged the new provider incompatible; `ORPHANED_RESOURCE` a live resource would be
 *   left without a provider.
 * - `HANDOFF` a step of a handoff failed; `STEP_TIMEOUT` a plugin call passed its deadline; `ABORTED` the caller's
 *   signal fired; `DRAIN_TIMEOUT` leases outlived the deadline of an exclusive drain.
 * - `SURFACE_FENCED` the surface is fenced for an exclusive reload (retryable).
 * - `PROVIDER_NOT_FOUND`, `RESOURCE_NOT_FOUND` nothing under that key or name in this epoch.
 * - `RESOURCE_HALTED` the resource could not be started again after a rollback (retryable: each call tries);
 *   `RESOURCE_STUCK` a call was not begun, since an earlier one on the resource is past its deadline and has not
 *   settled (retryable); `RESOURCE_REENTERED` it was made from inside a `use` of the same resource; `RESOURCE_CLOSED`
 *   it was detached or its host closed.
 * - `LEASE_RELEASED` the lease was used after its release; `HOST_CLOSED` the host was closed.
 * - `NOT_BAKING` a reload was to be taken back whose bake is over, or that had none.
 * - `JOURNAL` what is to be done could not be written down, or what was done not be read.
 */
export type ReloadErrorCode =
  | 'PLUGIN_NOT_FOUND'
  | 'STALE_HANDLE'
  | 'MANIFEST'
  | 'DEPENDENCY'
  | 'RELOAD_IN_PROGRESS'
  | 'PLUGIN'
  | 'CAPABILITY'
  | 'DUPLICATE'
  | 'NO_STRATEGY'
  | 'SCHEMA_INCOMPAT'
  | 'ORPHANED_RESOURCE'
  | 'HANDOFF'
  | 'STEP_TIMEOUT'
  | 'ABORTED'
  | 'DRAIN_TIMEOUT'
  | 'SURFACE_FENCED'
  | 'PROVIDER_NOT_FOUND'
  | 'RESOURCE_NOT_FOUND'
  | 'RESOURCE_HALTED'
  | 'RESOURCE_STUCK'
  | 'RESOURCE_REENTERED'
  | 'RESOURCE_CLOSED'
  | 'LEASE_RELEASED'
  | 'HOST_CLOSED'
  | 'JOURNAL'
  | 'NOT_BAKING'

/** Where an error arose. Every field that is known is given, and appears in the message. */
export interface ErrorPlace {
  readonly phase?: ReloadPhase | undefined
  /** `id` or `id@version` of the plugin. */
  readonly plugin?: string | undefined
  /** Surface id. */
  readonly surface?: string | undefined
  /** The provider's key on that surface. */
  readonly key?: string | undefined
  /** Name of the live resource. */
  readonly resource?: string | undefined
  /** The plugin call or protocol step, such as `persist` or `open`. */
  readonly step?: string | undefined
  /** Whose call failed: that of the version that serves (`old`), or of the one that is to. */
  readonly side?: 'old' | 'new' | undefined
}

export interface ReloadErrorInit extends ErrorPlace {
  /** What to do about it, as one sentence. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** Machine-readable particulars, such as the contract differences of an incompatibility. */
  readonly details?: unknown
}

/** How much of what plugins say is in a message, in UTF-16 code units. */
const MAX_REASON = 2000
const MAX_NAME = 200
const MAX_ROLLBACK_ERRORS = 20

const BRAND = Symbol.for('@uni/reload-core/ReloadError')
const RETRYABLE: ReadonlySet<ReloadErrorCode> = new Set([
  'SURFACE_FENCED',
  'RELOAD_IN_PROGRESS',
  'RESOURCE_HALTED',
  'RESOURCE_STUCK',
  'DRAIN_TIMEOUT',
])

/**
 * The one error class of the library. Branded through the global symbol registry, so that {@link ReloadError.is}
 * recognises an error made by a second copy of the package, where `instanceof` would not.
 */
export class ReloadError extends Error {
  override readonly name = 'ReloadError'
  readonly code: ReloadErrorCode
  readonly phase: ReloadPhase | undefined
  readonly plugin: string | undefined
  readonly surface: string | undefined
  readonly key: string | undefined
  readonly resource: string | undefined
  readonly step: string | undefined
  readonly side: 'old' | 'new' | undefined
  readonly hint: string | undefined
  readonly details: unknown
  /** True where the same call may succeed later without any change. */
  readonly retryable: boolean
  /** What failed while the reload was being rolled back, in the order it happened. Empty for a clean rollback. */
  readonly rollbackErrors: unknown[] = []
  /** What the reload did until it was rolled back. Absent where the error is of no reload, or nothing had begun. */
  report: FailureReport | undefined

  constructor(code: ReloadErrorCode, reason: string, init: ReloadErrorInit = {}) {
    super(composeMessage(code, reason, init), 'cause' in init ? { cause: init.cause } : undefined)
    this.code = code
    this.phase = init.phase
    this.plugin = init.plugin
    this.surface = init.surface
    this.key = init.key
    this.resource = init.resource
    this.step = init.step
    this.side = init.side
    this.hint = init.hint
    this.details = init.details
    this.retryable = RETRYABLE.has(code)
    Object.defineProperty(this, BRAND, { value: true })
  }

  /**
   * What a log that writes JSON gets: the message, which is no member of an error's own, and the rest, bounded. Never
   * throws.
   */
  toJSON(): Readonly<Record<string, unknown>> {
    const { name, code, message, phase, plugin, surface, key, resource, step, side, hint, retryable } = this
    const rollbackErrors = this.rollbackErrors
      .slice(0, MAX_ROLLBACK_ERRORS)
      .map((error) => plainText(describeThrown(error), MAX_REASON))
    return {
      name,
      code,
      message,
      phase,
      plugin,
      surface,
      key,
      resource,
      step,
      side,
      hint,
      retryable,
      ...(this.details !== undefined && { details: jsonSafe(this.details) }),
      ...('cause' in this && { cause: plainText(describeThrown(this.cause), MAX_REASON) }),
      ...(rollbackErrors.length > 0 && { rollbackErrors }),
    }
  }

  /** Whether `error` is a `ReloadError`, whichever copy of the package made it. */
  static is(error: unknown): error is ReloadError {
    try {
      return typeof error === 'object' && error !== null && BRAND in error
    } catch {
      // Plugins throw anything, proxies among them.
      return false
    }
  }
}

/** An error a provider throws to its caller on purpose: a code of the provider's own, and whether to try again. */
export class PluginCallError extends Error {
  override readonly name = 'PluginCallError'
  readonly code: number | string
  readonly retryable: boolean

  constructor(
    code: number | string,
    message: string,
    options: { retryable?: boolean | undefined; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** The text of anything thrown: plugins throw strings, `undefined` and worse. What is very long is cut. */
export function describeThrown(thrown: unknown): string {
  if (typeof thrown === 'string') return bounded(thrown, MAX_REASON)
  try {
    return bounded(
      thrown instanceof Error ? String(thrown.message || thrown.name) : `a thrown ${typeof thrown}: ${String(thrown)}`,
      MAX_REASON,
    )
  } catch {
    return `a thrown ${typeof thrown} that has no text`
  }
}

function composeMessage(code: ReloadErrorCode, reason: string, init: ReloadErrorInit): string {
  const name = (given: string): string => plainText(given, MAX_NAME)
  const place = [
    init.plugin !== undefined && `plugin "${name(init.plugin)}"`,
    init.surface !== undefined &&
      (init.key === undefined ? name(init.surface) : `${name(init.surface)} "${name(init.key)}"`),
    init.resource !== undefined && `resource "${name(init.resource)}"`,
    stepText(init, name),
  ].filter((part) => part !== false && part !== '')
  const hint = init.hint === undefined ? '' : ` ${init.hint}`
  return (
    `${code}${place.length > 0 ? ` (${place.join(', ')})` : ''}: ` +
    `${plainText(bounded(reason, MAX_REASON).replace(/[.\s]+$/, ''), MAX_REASON)}.${hint}`
  )
}

function stepText({ phase, step, side }: ReloadErrorInit, name: (given: string) => string): string {
  const text = [phase, step]
    .filter((part) => part !== undefined)
    .map(name)
    .join('/')
  return side === 'old' && text !== '' ? `${text} of the version that serves` : text
}
