import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Plugin } from '@uni/reload-core'
import { service, type ServiceProvider } from '@uni/reload-core/surfaces'
import type { Price, Prices } from './prices.js'

/** A service that says what a visit costs: a cent a second, begun or not. */
export function pricesV1(): Plugin {
  const prices = new PricesV1()
  return {
    manifest: { id: 'prices', version: '1.0.0', capabilities: [service.id] },
    register: (registrar) => {
      const provider = { version: prices.version, name: 'prices', service: prices }
      registrar.provide(service, provider satisfies ServiceProvider<Prices>)
    },
    async shutdown() {
      prices.closed = true
    },
  }
}

class PricesV1 implements Prices {
  readonly version = '1.0.0'
  closed = false

  of(ms: number): Price {
    if (this.closed) throw new Error(`prices ${this.version} were closed under a call`)
    return { version: this.version, cents: Math.ceil(ms / 1000) }
  }

  async quote(ms: number): Promise<Price> {
    await nextTurn()
    return this.of(ms)
  }
}
