/**
 * Caches the result of `make` for each list of providers. Leases give the same list until the providers of the surface
 * change.
 */
export function oncePerList<P, T>(make: (providers: readonly P[]) => T): (providers: readonly P[]) => T {
  const made = new WeakMap<readonly P[], { readonly value: T }>()
  return (providers) => {
    const known = made.get(providers)
    if (known !== undefined) return known.value
    const value = make(providers)
    made.set(providers, { value })
    return value
  }
}
