import type { Extension } from '@hocuspocus/server'
import type { ExtensionSet } from './extension-set.js'

/** The priority of an extension that has none, as Hocuspocus has it. */
const PRIORITY = 100

/** Extensions of a higher priority come first. The order among equals is kept. */
export function byPriority(extensions: readonly Extension[]): readonly Extension[] {
  return extensions.toSorted((a, b) => (b.priority ?? PRIORITY) - (a.priority ?? PRIORITY))
}

/** The extensions whose hooks are called, in the order of the calls, and of which set each of them is. */
export interface HookOrder {
  readonly extensions: readonly Extension[]
  readonly setOf: ReadonlyMap<Extension, ExtensionSet>
}

/**
 * Puts the extensions of plugins among those that the host has given to Hocuspocus, by priority; among equals the
 * host's come first, and then those of the plugins, in the order in which they were installed.
 *
 * @param own the list of Hocuspocus.
 * @param sorted how many of them Hocuspocus has sorted. What follows stays last: the hooks that are given in the
 * configuration, and what Hocuspocus adds itself.
 */
export function hookOrder(own: readonly Extension[], sorted: number, sets: readonly ExtensionSet[]): HookOrder {
  const setOf = new Map<Extension, ExtensionSet>()
  for (const set of sets) for (const extension of set.extensions) setOf.set(extension, set)
  return { extensions: [...byPriority([...own.slice(0, sorted), ...setOf.keys()]), ...own.slice(sorted)], setOf }
}
