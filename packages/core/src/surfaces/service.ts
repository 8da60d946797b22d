import { underLease } from '../host/lease/release-with.js'
import type { CaptureOptions, ProviderLease } from '../host/lease/lease.js'
import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { DISPOSE } from '../dispose.js'
import { defineSurface, type Surface } from '../surface.js'

/** An object whose methods others call. */
export interface ServiceProvider<S extends object = object> {
  /** Its key. */
  readonly name: string
  readonly service: S
}

export const service: Surface<ServiceProvider> = defineSurface<ServiceProvider>({
  id: 'service',
  keyOf: (provider) => provider.name,
})

/** Clean: a call that has begun ends with the version that it began with. */
export function serviceHandoff(): HandoffStrategy<ServiceProvider> {
  return cleanHandoff(service)
}

/** Anything with the `acquire` of a `PluginHost`. */
interface AcquiringHost {
  acquire(surface: Surface<ServiceProvider>, key: string, options: CaptureOptions): ProviderLease<ServiceProvider>
}

/**
 * A facade of a service, which outlives versions: each method call goes to the version that serves then, under a lease
 * that ends when what the method returned has settled. A synchronous method stays synchronous. Other members are read
 * from the version that serves, and are `undefined` where it lacks them. Keep the facade, and not what is read from it.
 * Members with symbols as names belong to the facade itself.
 *
 * A use throws ReloadError `PROVIDER_NOT_FOUND` while nothing provides the service, and `SURFACE_FENCED` (retryable)
 * while its plugin is replaced exclusively.
 */
export function serviceOf<S extends object>(host: AcquiringHost, name: string): S {
  const acquire = (member: PropertyKey): ProviderLease<ServiceProvider> =>
    host.acquire(service, name, { label: `service ${name}.${String(member)}` })
  const call = (member: PropertyKey, args: readonly unknown[]): unknown =>
    underLease(acquire(member), ({ provider: { service: target } }) =>
      Reflect.apply(Reflect.get(target, member) as () => unknown, target, args),
    )
  const methods = new Map<PropertyKey, (...args: readonly unknown[]) => unknown>()
  const methodOf = (member: PropertyKey): ((...args: readonly unknown[]) => unknown) => {
    const known = methods.get(member)
    if (known !== undefined) return known
    const method = (...args: readonly unknown[]): unknown => call(member, args)
    methods.set(member, method)
    return method
  }
  return new Proxy(Object.create(null) as S, {
    get(own, member) {
      // `await` reads `then`, to find out whether the facade is a promise.
      if (member === 'then') return undefined
      if (typeof member === 'symbol') return Reflect.get(own, member) as unknown
      const lease = acquire(member)
      try {
        const value: unknown = Reflect.get(lease.provider.service, member)
        return typeof value === 'function' ? methodOf(member) : value
      } finally {
        lease[DISPOSE]()
      }
    },
    // Frameworks define symbols on objects to mark them: such a mark belongs to the facade.
    defineProperty: (own, member, descriptor) =>
      typeof member === 'symbol' && Reflect.defineProperty(own, member, descriptor),
    deleteProperty: () => false,
  })
}
