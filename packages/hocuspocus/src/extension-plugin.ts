import type { Extension } from '@hocuspocus/server'
import {
  checkOptions,
  option,
  unexpected,
  type MaybePromise,
  type Plugin,
  type PluginManifest,
  type Registrar,
} from '@uni/reload-core'
import type { Doc } from 'yjs'
import { byPriority } from './hook-order.js'
import { ExtensionSet } from './extension-set.js'
import { extensionSets } from './surface.js'

export interface ExtensionPlugin {
  readonly manifest: PluginManifest
  /**
   * Makes the extensions of this version: those of Hocuspocus, of others, or objects with hooks. What else the plugin
   * provides, or has to end with the version, it gives to the registrar.
   */
  extensions(registrar: Registrar): MaybePromise<readonly Extension[]>
  /**
   * Gives what has to stay the same of a document from version to version, as this version reads it, and throws for one
   * that this version cannot go on with. Called for each open document, with a copy, before the version serves; and of
   * the version that serves, to compare. A version that reads another value is refused. Default: documents are
   * `unjudged`.
   */
  readonly read?: ((document: Doc, name: string) => MaybePromise<unknown>) | undefined
}

/**
 * A plugin whose extensions are replaced with it. Its key on the surface is its id.
 *
 * @throws TypeError for what is no such plugin; the manifest is checked by the host.
 */
export function extensionPlugin(given: ExtensionPlugin): Plugin {
  const { manifest, extensions, read } = checkOptions<ExtensionPlugin>(given, 'extensionPlugin', {
    manifest: option.required(option.given),
    extensions: option.required(option.function),
    read: option.function,
  })
  return {
    manifest,
    async register(registrar) {
      const made: unknown = await extensions(registrar)
      const set = new ExtensionSet(manifest.id, byPriority(checkedExtensions(made)), read)
      registrar.onDispose(() => set.destroy())
      registrar.provide(extensionSets, set)
    },
  }
}

function checkedExtensions(made: unknown): readonly Extension[] {
  if (!Array.isArray(made)) throw unexpected('an array', made, 'extensions()')
  for (const [at, extension] of made.entries()) {
    if (typeof extension !== 'object' || extension === null) {
      throw unexpected('an extension of Hocuspocus', extension, `extensions()[${at}]`)
    }
    const priority: unknown = (extension as Extension).priority
    if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
      throw unexpected('a number', priority, `extensions()[${at}].priority`)
    }
  }
  return made as Extension[]
}
