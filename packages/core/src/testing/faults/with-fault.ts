import type { Fault } from './fault.js'

/**
 * `target` with a fault in the `nth` call of its method `step`. Everything else is its own, including private state.
 * For what a provider gives out, such as a handle, wrap that.
 *
 * ```ts
 * const hang = new Fault('never settles')
 * const broken = withFault(provider, 'open', hang)
 * ```
 *
 * @throws TypeError where `target` has no such method.
 */
export function withFault<T extends object>(target: T, step: keyof T & string, fault: Fault, nth = 1): T {
  if (typeof target[step] !== 'function') throw new TypeError(`there is no method ${step} to strike`)
  let calls = 0
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        const run = (): unknown => Reflect.apply(value, target, args)
        if (name !== step) return run()
        calls += 1
        return calls === nth ? fault.strike(run) : run()
      }
    },
  })
}
