import { ReloadError } from '../../errors.js'
import { show } from '../../options.js'
import type { Bake } from '../permanence/bake.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { ReadHandle } from '../plugin/read-handle.js'
import type { Listing } from '../resource/listing.js'

/** An operation that is changing plugins. */
export interface UnderWay {
  /** Settles when the operation has committed or rolled back. Never rejects. */
  readonly decided: Promise<void>
  /** What it hands over and closes, from its preflight on. */
  readonly listing: Listing | undefined
}

/** What a host knows of one plugin. */
type PluginRecord =
  | { readonly state: 'installing'; readonly operation: UnderWay }
  | {
      readonly state: 'installed'
      readonly version: PluginVersion
      readonly operation: UnderWay | undefined
      /** As long as the reload to `version` can be taken back. */
      readonly bake: Bake | undefined
    }

/** The plugins of one host: one record each, of the version that serves and the operation that is changing it. */
export class Plugins {
  /** By id, in install order; one that is being installed counts as installed at its commit. */
  readonly #records = new Map<string, PluginRecord>()
  #installs = 0

  /** Where the plugin that is installed next stands among the others. */
  nextInOrder(): number {
    this.#installs += 1
    return this.#installs
  }

  /** The versions that serve, in install order. */
  get serving(): PluginVersion[] {
    return [...this.#records.values()].flatMap((record) => (record.state === 'installed' ? [record.version] : []))
  }

  /** The version of a plugin that serves. */
  get(id: string): PluginVersion | undefined {
    return this.#installed(id)?.version
  }

  /** The version that `handle` names. @throws ReloadError `PLUGIN_NOT_FOUND`, `STALE_HANDLE`. */
  current({ id, generation }: ReadHandle): PluginVersion {
    const version = this.get(id)
    const place = { phase: 'validate', plugin: id } as const
    if (version === undefined)
      throw new ReloadError('PLUGIN_NOT_FOUND', 'no plugin with this id is installed', {
        ...place,
        hint: 'Install it with add.',
      })
    if (version.generation !== generation) {
      const reason = `the handle is of generation ${show(generation)}, and the plugin is at ${version.generation}`
      throw new ReloadError('STALE_HANDLE', reason, {
        ...place,
        hint: 'Somebody else has reloaded it: take host.plugin(id), and decide anew.',
      })
    }
    return version
  }

  operationOn(id: string): UnderWay | undefined {
    return this.#records.get(id)?.operation
  }

  /** The operations under way. */
  get operations(): ReadonlySet<UnderWay> {
    return new Set([...this.#records.values()].flatMap(({ operation }) => operation ?? []))
  }

  /** The bake of `version`, if one is under way. */
  bakeOf(version: PluginVersion): Bake | undefined {
    const installed = this.#installed(version.id)
    return installed?.version === version ? installed.bake : undefined
  }

  /** `operation` changes the plugins with these `ids` from now on. No other one does. */
  begin(ids: readonly string[], operation: UnderWay): void {
    for (const id of ids) {
      const installed = this.#installed(id)
      this.#records.set(id, installed === undefined ? { state: 'installing', operation } : { ...installed, operation })
    }
  }

  /** `operation` has been decided, or has failed to begin. */
  end(ids: readonly string[], operation: UnderWay): void {
    for (const id of ids) {
      const record = this.#records.get(id)
      if (record?.operation !== operation) continue
      if (record.state === 'installing') this.#records.delete(id)
      else this.#records.set(id, { ...record, operation: undefined })
    }
  }

  /** In the turn of the commit of `operation`: what it installs serves, and what it removes does not. */
  replace(operation: UnderWay, installed: readonly PluginVersion[], removed: readonly PluginVersion[]): void {
    for (const { id } of removed) this.#records.delete(id)
    for (const version of installed) {
      const { id } = version
      if (this.#installed(id) === undefined) this.#records.delete(id)
      this.#records.set(id, { state: 'installed', version, operation, bake: undefined })
    }
  }

  /** The reload to `versions`, which serve, can be taken back while `bake` lasts. */
  bake(versions: readonly PluginVersion[], bake: Bake): void {
    this.#setBake(versions, bake)
    void bake.over.then(() => {
      this.#setBake(
        versions.filter((version) => this.bakeOf(version) === bake),
        undefined,
      )
    })
  }

  #setBake(versions: readonly PluginVersion[], bake: Bake | undefined): void {
    for (const { id } of versions) {
      const installed = this.#installed(id)
      if (installed !== undefined) this.#records.set(id, { ...installed, bake })
    }
  }

  #installed(id: string): Extract<PluginRecord, { state: 'installed' }> | undefined {
    const record = this.#records.get(id)
    return record?.state === 'installed' ? record : undefined
  }
}
