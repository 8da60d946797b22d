import type { Plugin } from '@uni/reload-core'
import { middleware, type MiddlewareProvider } from '@uni/reload-core/surfaces'
import { LAYERS, type Traced } from './trace.js'

/** The same layers, which write down the way out of what fails, too. */
export function tracingV2(): Plugin {
  return {
    manifest: { id: 'tracing', version: '2.0.0', capabilities: [middleware.id] },
    register: (registrar) => {
      for (const [name, priority] of Object.entries(LAYERS)) registrar.provide(middleware, new LayerV2(name, priority))
    },
  }
}

class LayerV2 implements MiddlewareProvider<Traced> {
  readonly version = '2.0.0'
  readonly name: string
  readonly priority: number

  constructor(name: string, priority: number) {
    this.name = name
    this.priority = priority
  }

  async handle({ trace }: Traced, next: () => Promise<void>): Promise<void> {
    const cameBy = `${this.name}@${this.version}`
    trace.push(cameBy)
    try {
      await next()
    } finally {
      trace.push(cameBy)
    }
  }
}
