import { isPromiseLike } from '../maybe-promise.js'
import type { Deadline } from './deadline.js'

/**
 * Kinds of objects whose calls are named, too. For each name in errors, such as `stream`, the methods by which an
 * object of the kind is recognised.
 */
export type NamedKinds = Readonly<Record<string, readonly string[]>>

type Method = (...args: unknown[]) => unknown

/**
 * Puts a proxy before an object, and before its members and results, so that errors can name a call that never settles.
 */
export class NamedCalls {
  readonly #deadline: Deadline
  readonly #kinds: readonly (readonly [name: string, methods: readonly string[]])[]
  readonly #proxies = new WeakMap<object, object>()
  readonly #targets = new WeakMap<object, object>()

  constructor(deadline: Deadline, kinds: NamedKinds) {
    this.#deadline = deadline
    this.#kinds = Object.entries(kinds)
  }

  wrap<T extends object>(target: T, name: string): T {
    const known = this.#proxies.get(target)
    if (known !== undefined) return known as T
    const methods = new Map<PropertyKey, { readonly of: unknown; readonly named: Method }>()
    const proxy = new Proxy(target, {
      get: (_, member) => {
        const value: unknown = Reflect.get(target, member, target)
        // A proxy has to return the very value of a property that is neither writable nor configurable.
        if (isFixed(target, member)) return value
        if (typeof value !== 'function' || member === 'constructor') return this.#adopt(value)
        const made = methods.get(member)
        if (made?.of === value) return made.named
        const named = this.#named(target, value as Method, `${name}.${String(member)}()`)
        methods.set(member, { of: value, named })
        return named
      },
    })
    this.#proxies.set(target, proxy)
    this.#targets.set(proxy, target)
    return proxy
  }

  #named(target: object, method: Method, what: string): Method {
    return (...args) => {
      const outcome = this.#deadline.call(what, (): unknown => {
        const given: unknown = Reflect.apply(
          method,
          target,
          args.map((arg) => this.#unwrap(arg)),
        )
        return isPromiseLike(given) ? Promise.resolve(given) : given
      })
      return outcome instanceof Promise ? outcome.then((value) => this.#adopt(value)) : this.#adopt(outcome)
    }
  }

  #adopt(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.#targets.has(value)) return value
    const found = this.#kinds.find(([, methods]) =>
      methods.every((method) => typeof Reflect.get(value, method) === 'function'),
    )
    return found === undefined ? value : this.wrap(value, found[0])
  }

  /**
   * The object behind a proxy, or `value` itself: a method may use the private state of its argument, or compare it.
   */
  #unwrap(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? (this.#targets.get(value) ?? value) : value
  }
}

function isFixed(target: object, member: PropertyKey): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, member)
  return own !== undefined && own.configurable === false && own.writable === false
}
