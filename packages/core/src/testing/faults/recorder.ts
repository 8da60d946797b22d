import { isPromiseLike } from '../../maybe-promise.js'
import type { GivenKind } from './subject.js'

/** The object that a call is made on. */
export interface Origin {
  /** The version of the plugin that it belongs to. */
  readonly version: number
  readonly position: string
  /** Such as `provider`, `plugin`, or what the subject calls what providers give out. */
  readonly kind: string
}

/** One call into a plugin. */
export interface PluginCall {
  readonly origin: Origin
  readonly method: string
  readonly args: readonly unknown[]
}

/** A live resource, or a copy of one, that a plugin gave out. */
export interface Given {
  readonly origin: Origin
  /** How often it was ended. */
  ends: number
  /** Methods that were called after it was ended. A late call that began before is not among them. */
  readonly calledAfter: string[]
}

/** Is told of a call, and runs it or a fault in its place. */
export type Intercept = (call: PluginCall, run: () => unknown) => unknown

type Method = (...args: unknown[]) => unknown

/**
 * Puts a proxy before each object of a plugin, so that every call into it is recorded, and everything that it gives out
 * is counted.
 */
export class Recorder {
  readonly #given = new Map<unknown, Given>()
  readonly #kinds: readonly (readonly [name: string, kind: GivenKind])[]
  readonly #intercept: Intercept
  readonly #targets = new WeakMap<object, object>()
  readonly #proxies = new WeakMap<object, object>()
  readonly #origins = new WeakMap<object, Origin>()

  constructor(kinds: Readonly<Record<string, GivenKind>>, intercept: Intercept) {
    this.#kinds = Object.entries(kinds)
    this.#intercept = intercept
  }

  /** The proxy of `target` that the host gets. {@link unwrap} gives `target` back. */
  wrap<T extends object>(target: T, origin: Origin, onCall?: (method: string) => void): T {
    const methods = new Map<PropertyKey, Method>()
    const proxy: T = new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function' || typeof name === 'symbol') return value
        let method = methods.get(name)
        if (method === undefined)
          methods.set(name, (method = this.#method(target, value as Method, name, origin, onCall)))
        return method
      },
    })
    this.#targets.set(proxy, target)
    this.#proxies.set(target, proxy)
    this.#origins.set(proxy, origin)
    return proxy
  }

  /** The object behind a proxy. Gives anything else as it is. */
  unwrap<T>(value: T): T {
    return (isObject(value) ? (this.#targets.get(value) ?? value) : value) as T
  }

  originOf(value: unknown): Origin | undefined {
    return isObject(value) ? this.#origins.get(value) : undefined
  }

  /** Whether `given`, the result of a call, is of a kind that has to be ended. */
  isResource(given: unknown): boolean {
    return isObject(given) && this.#kindOf(given)?.[1].ends !== undefined
  }

  /** Everything that a plugin gave out and that has to be ended. */
  get given(): Iterable<Given> {
    return this.#given.values()
  }

  givenAs(value: unknown): Given | undefined {
    return this.#given.get(value)
  }

  #method(
    target: object,
    method: Method,
    name: string,
    origin: Origin,
    onCall: ((method: string) => void) | undefined,
  ): Method {
    return (...args) => {
      onCall?.(name)
      const outcome = this.#intercept({ origin, method: name, args }, () =>
        Reflect.apply(
          method,
          target,
          args.map((arg) => this.unwrap(arg)),
        ),
      )
      return isPromiseLike(outcome)
        ? Promise.resolve(outcome).then((value) => this.#adopt(value, name, origin))
        : this.#adopt(outcome, name, origin)
    }
  }

  #adopt(value: unknown, method: string, origin: Origin): unknown {
    if (!isObject(value) || this.#targets.has(value)) return value
    const known = this.#proxies.get(value)
    if (known !== undefined) return known
    if (Array.isArray(value)) return value.map((item) => this.#adopt(item, method, origin) as unknown)
    if (isIterator(value)) return this.#iterator(value, method, origin)
    const found = this.#kindOf(value)
    if (found === undefined) return value
    const [kind, { ends }] = found
    const own = { version: origin.version, position: origin.position, kind }
    if (ends === undefined) return this.wrap(value, own)
    const given: Given = { origin: own, ends: 0, calledAfter: [] }
    const proxy = this.wrap(value, own, (called) => {
      if (called === ends) given.ends += 1
      else if (given.ends > 0) given.calledAfter.push(called)
    })
    this.#given.set(proxy, given)
    return proxy
  }

  #kindOf(value: object): readonly [name: string, kind: GivenKind] | undefined {
    return this.#kinds.find(([, { methods }]) =>
      methods.every((name) => typeof Reflect.get(value, name) === 'function'),
    )
  }

  /** Wraps an iterator: each of its steps is a call into the plugin, too. */
  #iterator(iterator: Iterator<unknown> | AsyncIterator<unknown>, method: string, origin: Origin): unknown {
    // A result that is malformed is passed on as it is: the code that iterates has to notice.
    const adopt = (result: unknown): unknown =>
      isObject(result) && 'value' in result ? { ...result, value: this.#adopt(result.value, method, origin) } : result
    const next = (): unknown => {
      const outcome = this.#intercept({ origin, method: `${method}().next`, args: [] }, () => iterator.next())
      return isPromiseLike(outcome) ? Promise.resolve(outcome).then(adopt) : adopt(outcome)
    }
    const itself = { next, return: (value?: unknown): unknown => iterator.return?.(value) ?? { done: true, value } }
    const symbol = Symbol.asyncIterator in iterator ? Symbol.asyncIterator : Symbol.iterator
    return Object.assign(itself, { [symbol]: () => itself })
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether it is what a generator function gives. Collections can be iterated, too, but have no `next`. */
function isIterator(value: object): value is Iterator<unknown> | AsyncIterator<unknown> {
  return (
    'next' in value && typeof value.next === 'function' && (Symbol.iterator in value || Symbol.asyncIterator in value)
  )
}
