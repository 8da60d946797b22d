import type { CaptureOptions, Lease } from '../host/lease/lease.js'
import { isPromiseLike } from '../maybe-promise.js'
import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, type Surface } from '../surface.js'
import { byPriority, type Prioritized } from './by-priority.js'
import { oncePerList } from './once-per-list.js'

/** A function that a host calls when something happens. `A` are its arguments, `T` is its result. */
export interface HookProvider<A extends readonly unknown[] = readonly never[], T = unknown> extends Prioritized {
  /** Its key, such as `shop/log-sales`. */
  readonly name: string
  /** The name of what happens, such as `sold`. */
  readonly hook: string
  run(...args: A): T
}

/** Functions that a host calls when something happens. A plugin may have several for the same hook. */
export const hook: Surface<HookProvider> = defineSurface<HookProvider>({
  id: 'hook',
  keyOf: (provider) => provider.name,
  methods: ['run'],
})

/** Clean: one `runHooks` calls the hooks of one epoch, to the end of the last. */
export function hookHandoff(): HandoffStrategy<HookProvider> {
  return cleanHandoff(hook)
}

/** Anything with the `run` of a `PluginHost`. */
interface RunningHost {
  run<T>(options: CaptureOptions, work: (lease: Lease) => T): T
}

/**
 * Calls the hooks of a name under one lease, in order of priority, each when the one before it is done. Gives their
 * results in that order, and a promise of them only where a hook gives a promise.
 *
 * @throws whatever a hook throws; those after it are not called.
 */
export function runHooks<A extends readonly unknown[], T>(
  host: RunningHost,
  name: string,
  ...args: A
): Awaited<T>[] | Promise<Awaited<T>[]> {
  return host.run({ label: `hooks ${name}` }, (lease) => callInOrder<T>(hooksOf(lease, name), args))
}

/** The hooks of a name, as a lease sees them, in the order in which they are called. */
export function hooksOf(lease: Lease, name: string): readonly HookProvider[] {
  return byName(lease.all(hook)).get(name) ?? NONE
}

const NONE: readonly HookProvider[] = Object.freeze([])

/** The hooks of each name, in order of priority. */
const byName = oncePerList((providers: readonly HookProvider[]) => {
  const hooks = new Map<string, HookProvider[]>()
  for (const provider of byPriority(providers)) {
    const known = hooks.get(provider.hook)
    if (known === undefined) hooks.set(provider.hook, [provider])
    else known.push(provider)
  }
  return hooks as ReadonlyMap<string, readonly HookProvider[]>
})

function callInOrder<T>(
  hooks: readonly HookProvider[],
  args: readonly unknown[],
): Awaited<T>[] | Promise<Awaited<T>[]> {
  const given: Awaited<T>[] = []
  const callFrom = (first: number): Promise<Awaited<T>[]> | Awaited<T>[] => {
    for (let at = first; at < hooks.length; at += 1) {
      const answer = (hooks[at] as HookProvider<readonly unknown[], T>).run(...args)
      if (isPromiseLike(answer)) {
        return Promise.resolve(answer).then((value) => {
          given.push(value as Awaited<T>)
          return callFrom(at + 1)
        })
      }
      given.push(answer as Awaited<T>)
    }
    return given
  }
  return callFrom(0)
}
