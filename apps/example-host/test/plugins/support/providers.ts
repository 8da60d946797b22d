import type { Plugin, Registrar, Surface } from '@uni/reload-core'

/** The providers that a plugin registers on a surface, outside any host. */
export function providersOf<P, R, W>(plugin: Plugin, surface: Surface<P, R, W>): P[] {
  const found: P[] = []
  void plugin.register({
    provide(on, provider) {
      if (on.id === surface.id) found.push(provider as unknown as P)
      return this
    },
    open() {
      throw new Error('there is no host that would open anything')
    },
    lifetime: new AbortController().signal,
    onDispose: () => () => {},
  })
  return found
}

/** The one provider that a plugin registers on a surface. */
export function providerOf<P, R, W>(plugin: Plugin, surface: Surface<P, R, W>): P {
  const [only, ...others] = providersOf(plugin, surface)
  if (only === undefined || others.length > 0) throw new Error(`expected one provider of ${surface.id}`)
  return only
}

/** The same plugin, whose providers on a surface are shown to `look` before the host gets them. */
export function lookingInto<P, R, W>(plugin: Plugin, surface: Surface<P, R, W>, look: (provider: P) => void): Plugin {
  return {
    ...plugin,
    register: (registrar) =>
      plugin.register({
        lifetime: registrar.lifetime,
        onDispose: registrar.onDispose,
        open: (on, resource) => registrar.open(on, resource),
        provide(on, provider): Registrar {
          if (on.id === surface.id) look(provider as unknown as P)
          registrar.provide(on, provider)
          return this as Registrar
        },
      }),
  }
}
