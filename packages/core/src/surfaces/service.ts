import { underLease } from '../host/lease/release-with.js'
import type { CaptureOptions, ProviderLease } from '../host/lease/lease.js'
import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { DISPOSE } from '../dispose.js'
import { defineSurface, type Surface } from '../surface.js'

/** An object that others call: its methods are what it offers. */
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
 * A service that never goes away: each call of a method goes to the version that serves then, under a lease that ends
 * when what the method gave is over. A method that is synchronous stays so. Anything else than a method is read as it is
 * now. Keep what this gives, and not what is read of it. A member that the version lacks is `undefined`. Members by
 * symbols are those of this object, and not of any version.
 *
 * A use throws ReloadError `PROVIDER_NOT_FOUND` while nobody provides the service, and `SURFACE_FENCED` (retryable) while
 * its plugin is replaced exclusively.
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
      // An `await` asks it whether it is a promise.
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
    // Frameworks note by symbols what they know of an object, such as that it is a service: that is of the facade.
    defineProperty: (own, member, descriptor) =>
      typeof member === 'symbol' && Reflect.defineProperty(own, member, descriptor),
    deleteProperty: () => false,
  })
}
