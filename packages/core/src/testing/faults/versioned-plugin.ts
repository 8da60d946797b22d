import type { Lifetime, Plugin } from '../../host/plugin/plugin.js'
import type { Surface } from '../../surface.js'
import { misshapePlugin, misshapeProvider, type Misshape } from './misshape.js'
import type { Recorder } from './recorder.js'

/** A plugin of one version that provides some keys, and a record of its calls. */
export interface VersionedPlugin {
  readonly id: string
  readonly version: number
  readonly plugin: Plugin
  /** How often its `init` has succeeded and its `shutdown` was called, and what it had to end with it. */
  readonly lives: { inits: number; shutdowns: number; lifetimes: { begun: number; ended: number } }
}

export interface VersionedPluginInit<P, R, W> {
  /** Also its position among the plugins that are reloaded. */
  readonly id: string
  readonly version: number
  readonly surface: Surface<P, R, W>
  /** By key. */
  readonly providers: ReadonlyMap<string, P>
  readonly misshape?: Misshape | undefined
}

export function versionedPlugin<P, R, W>(recorder: Recorder, init: VersionedPluginInit<P, R, W>): VersionedPlugin {
  const { id, version, surface, providers, misshape } = init
  const lives = { inits: 0, shutdowns: 0, lifetimes: { begun: 0, ended: 0 } }
  const begin = ({ onDispose }: Lifetime): void => {
    lives.lifetimes.begun += 1
    onDispose(() => {
      lives.lifetimes.ended += 1
    })
  }
  const wrapped = [...providers].map(([key, provider]) => {
    const watched = recorder.wrap(provider as P & object, { version, position: key, kind: 'provider' })
    return misshape?.part === 'provider' && misshape.position === key ? misshapeProvider<P>(watched, misshape) : watched
  })
  const own: Plugin = {
    manifest: { id, version: `${version}.0.0` },
    async register(registrar) {
      begin(registrar)
      for (const provider of wrapped) registrar.provide(surface, provider)
    },
    async init(ctx) {
      begin(ctx)
      lives.inits += 1
    },
    async shutdown() {},
  }
  const made = misshape?.position === id ? misshapePlugin(own, misshape) : own
  const plugin = recorder.wrap(made, { version, position: id, kind: 'plugin' }, (method) => {
    if (method === 'shutdown') lives.shutdowns += 1
  })
  return { id, version, plugin, lives }
}
