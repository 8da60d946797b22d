import { synchronous, type MaybePromise, type Opening } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtSample, CrdtState } from './contract.js'
import { copyOf } from './copy.js'
import { nameOf } from './plain-value.js'
import { show, type Wording } from './show.js'

const POINT_IN_TIME = 'a CRDT state answers synchronously, so that what it says is a point in time'
export const METHODS = ['apply', 'merge', 'value', 'persist'] as const

/** For states that are opened outside a host, where no document is live. */
export const UNCLAIMED: Opening = { claim() {}, letGo() {} }

/**
 * Opens a copy of a document. The provider gets its own copy of the bytes, which it may change.
 *
 * @throws ReloadError `DUPLICATE` where the provider returned a live document, which is not closed.
 */
export async function openState(provider: CrdtKindProvider, bytes: Uint8Array, opening: Opening): Promise<CrdtState> {
  return asState(await provider.fromPersisted(new Uint8Array(bytes)), 'fromPersisted()', opening)
}

/** @throws ReloadError `DUPLICATE`, as {@link openState} does. */
export function emptyState(provider: CrdtKindProvider, opening: Opening): CrdtState {
  return asState(synchronous(provider.empty(), 'empty()', POINT_IN_TIME), 'empty()', opening)
}

export function valueOf(state: CrdtState): unknown {
  return synchronous(state.value(), 'value()', POINT_IN_TIME)
}

/** The value of the document now, which later edits do not change. */
export function valueNow(state: CrdtState, wording: Wording): unknown {
  const value = valueOf(state)
  return state.values === 'isolated' ? value : copyOf(value, wording)
}

/** The document's bytes, copied, as a state may persist into a buffer that it uses again. */
export function persistedBytes(state: CrdtState): Uint8Array {
  const bytes: unknown = synchronous(state.persist(), 'persist()', POINT_IN_TIME)
  if (!isBytes(bytes)) throw new TypeError(`persist() returned ${nameOf(bytes)}; expected a Uint8Array`)
  return new Uint8Array(bytes)
}

export function mergeInto(state: CrdtState, other: CrdtState): void {
  synchronous(state.merge(other), 'merge()', POINT_IN_TIME)
}

/** Applies one operation. The state gets its own copy of the bytes, as in {@link openState}. */
export function applyTo(state: CrdtState, op: Uint8Array): void {
  synchronous(state.apply(new Uint8Array(op)), 'apply()', POINT_IN_TIME)
}

/**
 * The late operations of a sample, copied; empty where it has none.
 *
 * @throws TypeError where `late` is not a list of operations.
 */
export function lateOps(sample: CrdtSample): readonly Uint8Array[] {
  const late: unknown = synchronous(sample.late, 'late', POINT_IN_TIME)
  if (late === undefined) return []
  if (!Array.isArray(late) || !late.every(isBytes))
    throw new TypeError(`late is ${nameOf(late)}; expected an array of operations, each a Uint8Array`)
  return late.map((op: Uint8Array) => new Uint8Array(op))
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function closeState(state: CrdtState): MaybePromise<void> {
  return state.close?.()
}

/**
 * @throws ReloadError `DUPLICATE` where `given` is a live document; TypeError where it is no state, after it was closed
 * as far as possible.
 */
export function asState(given: unknown, source: string, opening: Opening): CrdtState {
  opening.claim(given)
  const methods = typeof given === 'object' && given !== null ? (given as Readonly<Record<string, unknown>>) : {}
  const missing = METHODS.filter((name) => typeof methods[name] !== 'function')
  const { values } = methods
  if (missing.length === 0 && (values === undefined || values === 'isolated')) return given as CrdtState
  if (typeof methods.close === 'function') void closeQuietly(given as CrdtState)
  opening.letGo(given)
  if (missing.length === 0) {
    throw new TypeError(`${source} gave a state whose values are ${show(values)}; expected "isolated", or nothing`)
  }
  const without = missing.length < METHODS.length ? ` without ${missing.join(', ')}` : ''
  throw new TypeError(
    `${source} gave ${nameOf(given)}${without}; expected a state with the methods ${METHODS.join(', ')}`,
  )
}

/** For copies: a failure to close is reported where a live document of the provider is closed. */
export async function closeQuietly(state: CrdtState): Promise<void> {
  try {
    await closeState(state)
  } catch {}
}

function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
}
