import type { JobBackend, JobChange } from './backend.js'

/** A key as its backend knows it. */
export interface OwnedJob {
  readonly backend: JobBackend
  /** The key without the prefix of the backend. */
  readonly name: string
}

/** The backends of a host, by the prefixes of keys. */
export class JobBackends {
  /** Those with the longest prefix first. */
  readonly #backends: readonly JobBackend[]

  /** @throws TypeError where two have the same prefix, as nobody could say whose a job is. */
  constructor(backends: readonly JobBackend[]) {
    const byPrefix = new Map<string, JobBackend>()
    for (const backend of backends) {
      const other = byPrefix.get(backend.prefix)
      if (other !== undefined)
        throw new TypeError(
          `jobsHandoff: ${other.label} and ${backend.label} have the same prefix "${backend.prefix}", so nobody could ` +
            'say whose a job is: give each of them a prefix of its own, which the names of its providers begin with',
        )
      byPrefix.set(backend.prefix, backend)
    }
    this.#backends = backends.toSorted((a, b) => b.prefix.length - a.prefix.length)
  }

  /** Whose job a key is; `undefined` where none of them has it. */
  of(key: string): OwnedJob | undefined {
    const backend = this.#backends.find(({ prefix }) => key.startsWith(prefix))
    return backend && { backend, name: key.slice(backend.prefix.length) }
  }

  /** Tells each backend of what a commit changes, by keys. */
  committed({ added, removed, schedules }: JobChange): void {
    const changes = new Map<
      JobBackend,
      { added: Set<string>; removed: Set<string>; schedules: Map<string, string | undefined> }
    >()
    const changeOf = (key: string) => {
      const owned = this.of(key)
      if (owned === undefined) return undefined
      const { backend, name } = owned
      const change = changes.get(backend) ?? { added: new Set(), removed: new Set(), schedules: new Map() }
      changes.set(backend, change)
      return { change, name }
    }
    for (const key of added) {
      const owned = changeOf(key)
      owned?.change.added.add(owned.name)
    }
    for (const key of removed) {
      const owned = changeOf(key)
      owned?.change.removed.add(owned.name)
    }
    for (const [key, schedule] of schedules) {
      const owned = changeOf(key)
      owned?.change.schedules.set(owned.name, schedule)
    }
    for (const [backend, change] of changes) backend.committed(change)
  }

  ended(): void {
    for (const backend of this.#backends) backend.ended()
  }
}
