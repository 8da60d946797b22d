import { ReloadError, describeThrown, type ReloadPhase } from '../errors.js'
import type { Journal } from '../journal/record.js'
import { idOf, type Change } from './change.js'
import { checkDependencies } from './manifest.js'
import type { PluginManifest } from './plugin.js'
import type { PluginVersion } from './plugin-version.js'

const PERMANENT_FIRST = 'A crash comes back on the versions that are permanent: first make permanent, with makePermanent, the versions that go together.'

/** What one operation brought. It becomes permanent together, as it was committed together. */
export interface Brought {
  readonly operation: number
  readonly manifests: readonly PluginManifest[]
}

/** The version of each plugin that a crash comes back on. */
export class Permanence {
  readonly #journal: Journal | undefined
  readonly #versions = new Map<string, { readonly manifest: PluginManifest; readonly operation: number }>()

  constructor(journal: Journal | undefined) {
    this.#journal = journal
  }

  /** An install is permanent at its commit, as there is no earlier version to come back on. */
  installed({ id, brought }: PluginVersion): void {
    this.#settle(brought.operation, brought.manifests.filter((manifest) => manifest.id === id))
  }

  removed(id: string): void {
    this.#versions.delete(id)
  }

  holds({ id, brought }: PluginVersion): boolean {
    return this.#versions.get(id)?.operation === brought.operation
  }

  /**
   * What an operation installs or removes is so for a crash, too.
   *
   * @throws ReloadError `DEPENDENCY` where the permanent versions would not satisfy one another.
   */
  check(changes: readonly Change[], phase: ReloadPhase): void {
    if (this.#journal === undefined) return
    const manifests = this.#manifests()
    for (const change of changes) {
      if (change.kind === 'install') manifests.set(idOf(change), change.plugin.manifest)
      if (change.kind === 'remove') manifests.delete(idOf(change))
    }
    checkDependencies(manifests, phase, PERMANENT_FIRST)
  }

  /** @throws ReloadError `DEPENDENCY` where the permanent versions would not satisfy one another, `JOURNAL`. */
  async make(version: PluginVersion): Promise<void> {
    const { brought } = version
    if (this.holds(version)) return
    const manifests = this.#manifests()
    for (const manifest of this.#replacing(brought)) manifests.set(manifest.id, manifest)
    checkDependencies(manifests, 'bake', PERMANENT_FIRST)
    await this.#write(version)
    this.#settle(brought.operation, this.#replacing(brought))
  }

  #manifests(): Map<string, PluginManifest> {
    return new Map([...this.#versions].map(([id, { manifest }]) => [id, manifest]))
  }

  async #write({ brought, label }: PluginVersion): Promise<void> {
    try {
      await this.#journal?.append({ type: 'permanent', operation: brought.operation })
    } catch (cause) {
      if (ReloadError.is(cause)) throw cause
      throw new ReloadError('JOURNAL', describeThrown(cause), {
        phase: 'bake', plugin: label, step: 'permanent', hint: 'Mend the journal, then try again; a crash comes back on the version before.', cause,
      })
    }
  }

  #settle(operation: number, manifests: readonly PluginManifest[]): void {
    for (const manifest of manifests) this.#versions.set(manifest.id, { manifest, operation })
  }

  /** A later operation on the same plugin may have been made permanent before, and nothing comes back of one that was removed. */
  #replacing({ operation, manifests }: Brought): PluginManifest[] {
    return manifests.filter(({ id }) => operation > (this.#versions.get(id)?.operation ?? Infinity))
  }
}
