import type { PluginVersion, Registration } from './plugin-version.js'

/** A key, as one of the versions provides it. */
export interface ProvidedBy {
  readonly registration: Registration
  readonly owner: PluginVersion
}

/** Which versions leave and which come, and so which provider succeeds which under each key. */
export class Succession {
  readonly retired: readonly PluginVersion[]
  readonly installed: readonly PluginVersion[]

  constructor(retired: readonly PluginVersion[], installed: readonly PluginVersion[]) {
    this.retired = retired
    this.installed = installed
  }

  /** What the leaving versions served under a key. */
  before(slot: number, key: string): Registration | undefined {
    return this.#find(this.retired, slot, key)?.registration
  }

  /** What the coming versions serve under it, and which of them. */
  after(slot: number, key: string): ProvidedBy | undefined {
    return this.#find(this.installed, slot, key)
  }

  /** The keys that come, with who provides them. */
  get added(): readonly ProvidedBy[] {
    return providedBy(this.installed).filter(({ registration: { slot, key } }) => this.before(slot, key) === undefined)
  }

  /** The keys that go, with who provided them. */
  get removed(): readonly ProvidedBy[] {
    return providedBy(this.retired).filter(({ registration: { slot, key } }) => this.after(slot, key) === undefined)
  }

  /** How errors name what happens to `old`, such as `search@1.0.0 → 2.0.0`. */
  label(old: PluginVersion): string {
    const next = this.installed.find((version) => version.id === old.id)
    return next ? `${old.label} → ${next.version}` : old.label
  }

  #find(versions: readonly PluginVersion[], slot: number, key: string): ProvidedBy | undefined {
    for (const owner of versions) {
      const registration = owner.provides(slot, key)
      if (registration) return { registration, owner }
    }
    return undefined
  }
}

function providedBy(versions: readonly PluginVersion[]): ProvidedBy[] {
  return versions.flatMap((owner) => owner.registrations.map((registration) => ({ registration, owner })))
}
