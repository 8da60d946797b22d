import type { SurfaceKey } from '../../dispatch/report.js'
import type { Pace } from '../../pace.js'
import type { AnyStrategy } from '../../strategy.js'
import { KeyTable } from '../epoch/key-table.js'
import type { PluginVersion, Registration } from '../epoch/plugin-version.js'

/** A key, as one of the versions provides it. */
export interface ProvidedBy {
  readonly registration: Registration
  readonly owner: PluginVersion
}

/** What the versions of one side provide. Where two of them provide the same key, the first one has it. */
interface Provided {
  readonly all: ProvidedBy[]
  readonly byKey: KeyTable<ProvidedBy>
  readonly strategies: Set<AnyStrategy>
}

interface Keys {
  readonly provided: ProvidedBy[]
  readonly keys: SurfaceKey[]
}

/** Which versions leave and which come, and so which provider succeeds which under each key. */
export class Succession {
  readonly retired: readonly PluginVersion[]
  readonly installed: readonly PluginVersion[]
  /** The keys that come, with who provides them. */
  readonly added: readonly ProvidedBy[]
  /** The keys that go, with who provided them. */
  readonly removed: readonly ProvidedBy[]
  /** The same, as reports and events have them. */
  readonly addedKeys: readonly SurfaceKey[]
  readonly removedKeys: readonly SurfaceKey[]
  /** The strategies of the surfaces on which something comes or goes. */
  readonly strategies: ReadonlySet<AnyStrategy>
  readonly #before: KeyTable<ProvidedBy>
  readonly #after: KeyTable<ProvidedBy>
  readonly #installedById: ReadonlyMap<string, PluginVersion>

  private constructor(
    { retired, installed }: Pick<Succession, 'retired' | 'installed'>,
    before: Provided,
    after: Provided,
    added: Keys,
    removed: Keys,
  ) {
    this.retired = retired
    this.installed = installed
    this.#installedById = new Map(installed.map((version) => [version.id, version]))
    this.#before = before.byKey
    this.#after = after.byKey
    this.added = added.provided
    this.removed = removed.provided
    this.addedKeys = added.keys
    this.removedKeys = removed.keys
    this.strategies = new Set([...before.strategies, ...after.strategies])
  }

  /** Made in slices. */
  static async of(
    retired: readonly PluginVersion[],
    installed: readonly PluginVersion[],
    pace: Pace,
  ): Promise<Succession> {
    const [before, after] = [await providedBy(retired, pace), await providedBy(installed, pace)]
    return new Succession(
      { retired, installed },
      before,
      after,
      await only(after, before, pace),
      await only(before, after, pace),
    )
  }

  /** What the leaving versions served under a key, and which of them. */
  before(surface: string, key: string): ProvidedBy | undefined {
    return this.#before.get(surface, key)
  }

  /** What the coming versions serve under it, and which of them. */
  after(surface: string, key: string): ProvidedBy | undefined {
    return this.#after.get(surface, key)
  }

  /** The version that comes of a plugin. */
  next(id: string): PluginVersion | undefined {
    return this.#installedById.get(id)
  }

  /** How errors name what the operation is about. */
  get labels(): string {
    const labels = this.installed
      .filter(({ id }) => !this.retired.some((old) => old.id === id))
      .map(({ label }) => label)
    return [...this.retired.map((old) => this.label(old)), ...labels].join(', ')
  }

  /** How errors name what happens to `old`, such as `search@1.0.0 → 2.0.0`. */
  label(old: PluginVersion): string {
    const next = this.next(old.id)
    return next ? `${old.label} → ${next.version}` : old.label
  }
}

async function providedBy(versions: readonly PluginVersion[], pace: Pace): Promise<Provided> {
  const provided: Provided = { all: [], byKey: new KeyTable(), strategies: new Set() }
  for (const owner of versions) {
    for (const registration of owner.registrations) {
      const { strategy, surface, key } = registration
      const it = { registration, owner }
      provided.all.push(it)
      provided.strategies.add(strategy)
      if (!provided.byKey.has(surface, key)) provided.byKey.set(surface, key, it)
      if (pace.due()) await pace.pause()
    }
  }
  return provided
}

/** What one side provides and the other does not. */
async function only({ all }: Provided, { byKey }: Provided, pace: Pace): Promise<Keys> {
  const keys: Keys = { provided: [], keys: [] }
  for (const it of all) {
    const { surface, key } = it.registration
    if (!byKey.has(surface, key)) {
      keys.provided.push(it)
      keys.keys.push({ surface, key })
    }
    if (pace.due()) await pace.pause()
  }
  return keys
}
