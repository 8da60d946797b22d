import type { ReloadPhase } from '../../errors.js'
import { checkDependencies } from '../plugin/check-dependencies.js'
import type { Origin } from '../plugin/origin.js'
import { PermanentVersions } from './permanent-versions.js'
import type { PluginManifest } from '../plugin/plugin.js'
import type { ReadHandle } from '../plugin/read-handle.js'
import type { VersionRanges } from '../plugin/version-ranges.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { RecordLog } from './record-log.js'

const PERMANENT_FIRST =
  'A crash comes back on the permanent versions: call makePermanent first, for the versions that go together.'

/** The version of each plugin that a crash comes back on. */
export class Permanence {
  readonly #records: RecordLog | undefined
  readonly #ranges: VersionRanges | undefined
  /** What will be permanent once every commit is written down. */
  readonly #ahead = new PermanentVersions()
  /** What is permanent by the records that are written down. */
  readonly #written = new PermanentVersions()
  /** What is being made permanent. The journal has not answered yet: it may have the record already. */
  readonly #making = new Set<Origin>()
  /** The generation in which a plugin was removed, by id. */
  readonly #removed = new Map<string, number>()

  constructor(records: RecordLog | undefined, ranges: VersionRanges | undefined) {
    this.#records = records
    this.#ranges = ranges
  }

  /**
   * An install is permanent at its commit, as there is no earlier version to come back on. A removal is, too.
   *
   * @returns what is to be called when the commit is written down.
   */
  committed(installed: readonly PluginVersion[], removed: readonly PluginVersion[]): () => void {
    for (const { id } of installed) this.#removed.delete(id)
    for (const { id, generation } of removed) this.#removed.set(id, generation)
    // Only the manifests are kept, and not the versions: these may be closed long before the commit is written down.
    const fresh = installed.flatMap(({ id, origin: { operation, manifests } }) =>
      manifests.filter((manifest) => manifest.id === id).map((manifest) => ({ operation, manifest })),
    )
    const gone = removed.map(({ id }) => id)
    const applyTo = (versions: PermanentVersions): void => {
      for (const id of gone) versions.remove(id)
      for (const { operation, manifest } of fresh) versions.install(operation, manifest)
    }
    applyTo(this.#ahead)
    return () => applyTo(this.#written)
  }

  holds(version: PluginVersion): boolean {
    return this.#written.holds(version)
  }

  /** Whether `handle` is the last one of a plugin that was removed. */
  wasRemoved({ id, generation }: ReadHandle): boolean {
    return generation !== undefined && this.#removed.get(id) === generation
  }

  /**
   * Checks what an operation installs and removes: both are permanent at its commit.
   *
   * @throws ReloadError `DEPENDENCY` where the permanent versions would not satisfy one another then.
   */
  check(installed: readonly PluginManifest[], removed: readonly string[], phase: ReloadPhase): void {
    if (this.#records === undefined) return
    for (const { manifests } of this.#possible()) {
      for (const manifest of installed) manifests.set(manifest.id, manifest)
      for (const id of removed) manifests.delete(id)
      checkDependencies(manifests, this.#ranges, phase, PERMANENT_FIRST)
    }
  }

  /**
   * @throws ReloadError `DEPENDENCY` where the permanent versions would not satisfy one another, `JOURNAL`,
   * `STEP_TIMEOUT`.
   */
  async make(version: PluginVersion): Promise<void> {
    const { origin, label } = version
    if (this.#written.holds(version)) return
    if (this.#ahead.holds(version)) return this.settle(label)
    for (const versions of this.#possible()) {
      checkDependencies(versions.replace(origin).manifests, this.#ranges, 'bake', PERMANENT_FIRST)
    }
    await this.#write(origin, label)
  }

  /**
   * Writes down the commits that could not be written before.
   *
   * @throws ReloadError `JOURNAL`, `STEP_TIMEOUT`.
   */
  async settle(plugin: string): Promise<void> {
    await this.#records?.settle({ phase: 'bake', plugin })
  }

  async #write(origin: Origin, plugin: string): Promise<void> {
    // A copy, as two callers may make the same version permanent at the same time.
    const making = { ...origin }
    const onAnswer = (written: boolean): void => {
      this.#making.delete(making)
      if (written) for (const versions of [this.#ahead, this.#written]) versions.replace(making)
    }
    this.#making.add(making)
    if (this.#records === undefined) onAnswer(true)
    else
      await this.#records.append(
        { type: 'permanent', operation: making.operation },
        { phase: 'bake', plugin },
        {
          onAnswer,
        },
      )
  }

  /**
   * Every set of versions that may be permanent now: the journal has not answered for those in `#making`. A dependency
   * is between two plugins, so it is enough to look at every two of these together.
   */
  #possible(): PermanentVersions[] {
    const making = [...this.#making]
    const after = (...origins: readonly Origin[]): PermanentVersions =>
      origins.reduce((versions, it) => versions.replace(it), new PermanentVersions(this.#ahead.entries))
    return [
      after(),
      ...making.flatMap((one, at) => [after(one), ...making.slice(at + 1).map((other) => after(one, other))]),
    ]
  }
}
