import type { Plugin } from '@uni/reload-core'
import { middleware, type MiddlewareProvider } from '@uni/reload-core/surfaces'
import { LAYERS, type Traced } from './trace.js'

/** Two layers around each visit, which write down that it came by. */
export function tracingV1(): Plugin {
  return {
    manifest: { id: 'tracing', version: '1.0.0', capabilities: [middleware.id] },
    register: (registrar) => {
      for (const [name, priority] of Object.entries(LAYERS)) registrar.provide(middleware, new LayerV1(name, priority))
    },
  }
}

class LayerV1 implements MiddlewareProvider<Traced> {
  readonly version = '1.0.0'
  readonly name: string
  readonly priority: number

  constructor(name: string, priority: number) {
    this.name = name
    this.priority = priority
  }

  async handle({ trace }: Traced, next: () => Promise<void>): Promise<void> {
    trace.push(`${this.name}@${this.version}`)
    await next()
    trace.push(`${this.name}@${this.version}`)
  }
}
