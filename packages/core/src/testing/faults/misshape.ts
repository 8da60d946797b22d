import type { Plugin } from '../../host/plugin/plugin.js'

/** A part of a new plugin that is malformed. */
export interface Misshape {
  /** The position of the plugin, or of its provider. */
  readonly position: string
  readonly part: 'manifest' | 'register' | 'init' | 'shutdown' | 'provider'
  readonly gives: 'nothing' | 'a stranger'
}

const SHAPES = { nothing: undefined, 'a stranger': {} }

/** Optional members: a plugin without them has nothing to do there. */
const MAY_BE_ABSENT: readonly Misshape['part'][] = ['init', 'shutdown']

export function misshapesOf(plugins: readonly string[], keys: readonly string[]): Misshape[] {
  const gives = Object.keys(SHAPES) as Misshape['gives'][]
  const parts = (['manifest', 'register', 'init', 'shutdown'] as const).flatMap((part) =>
    plugins.map((position) => ({ part, position })),
  )
  const providers = keys.map((position) => ({ part: 'provider' as const, position }))
  return [...parts, ...providers].flatMap((at) =>
    gives
      .filter((shape) => shape !== 'nothing' || !MAY_BE_ABSENT.includes(at.part))
      .map((shape) => ({ ...at, gives: shape })),
  )
}

/** The plugin with one member malformed. */
export function misshapePlugin(plugin: Plugin, { part, gives }: Misshape): Plugin {
  return part === 'provider' ? plugin : { ...plugin, [part]: SHAPES[gives] }
}

export function misshapeProvider<P>(provider: P, { gives }: Misshape): P {
  return SHAPES[gives] as P & typeof provider
}
