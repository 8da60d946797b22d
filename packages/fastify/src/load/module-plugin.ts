import { unexpected, type Plugin } from '@uni/reload-core'
import type { FastifyPlugin } from '../app/part.js'
import type { StateDefinitions } from '../state/definition.js'

/** What a file exports, as the loader hands it over: it is part of an app, and no plugin of a host by itself. */
export class ModulePlugin implements Plugin {
  readonly manifest: Plugin['manifest']
  readonly plugin: FastifyPlugin
  readonly state: StateDefinitions

  constructor(id: string, plugin: FastifyPlugin, state: StateDefinitions) {
    this.manifest = { id, version: '1.0.0' }
    this.plugin = plugin
    this.state = state
  }

  register(): never {
    throw new Error(`"${this.manifest.id}" is a part of an app, and cannot be installed without it`)
  }
}

/** @throws TypeError where it exports no plugin of Fastify. */
export function modulePlugin(id: string, exports: unknown, file: string): ModulePlugin {
  const whole = exports as Readonly<Record<string, unknown>> | null | undefined
  // A CommonJS module may be the plugin itself.
  const plugin = typeof whole === 'function' ? whole : whole?.['default']
  if (typeof plugin !== 'function') throw unexpected('a Fastify plugin as default export', plugin, file)
  const state = whole?.['state'] ?? {}
  if (typeof state !== 'object') throw unexpected('state by name', state, `${file}, its export state`)
  return new ModulePlugin(id, plugin as FastifyPlugin, state as StateDefinitions)
}
