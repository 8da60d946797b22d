import type { PluginManifest } from '../plugin/plugin.js'
import type { Origin } from '../plugin/origin.js'
import type { PluginVersion } from '../epoch/plugin-version.js'

/** One version of each plugin, and the operation that it came with. */
export class PermanentVersions {
  readonly #versions: Map<string, { readonly manifest: PluginManifest; readonly operation: number }>

  constructor(versions: PermanentVersions['entries'] = []) {
    this.#versions = new Map(versions)
  }

  get entries(): Iterable<readonly [id: string, { readonly manifest: PluginManifest; readonly operation: number }]> {
    return this.#versions
  }

  get manifests(): Map<string, PluginManifest> {
    return new Map([...this.#versions].map(([id, { manifest }]) => [id, manifest]))
  }

  holds({ id, origin }: PluginVersion): boolean {
    return this.#versions.get(id)?.operation === origin.operation
  }

  install(operation: number, manifest: PluginManifest): void {
    this.#versions.set(manifest.id, { manifest, operation })
  }

  remove(id: string): void {
    this.#versions.delete(id)
  }

  /**
   * Makes the versions of an operation permanent. A plugin is passed over where a later operation on it is permanent
   * already, or where it was removed.
   */
  replace({ operation, manifests }: Origin): this {
    for (const manifest of manifests) {
      if (operation > (this.#versions.get(manifest.id)?.operation ?? Infinity)) this.install(operation, manifest)
    }
    return this
  }
}
