import type { Inventory, Line } from './program/protocol.js'

const FIRST_VERSION = '1.0.0'

/**
 * What the lives of a host have said, and so what the next one has to have. Nothing in here comes from the host's own
 * files.
 */
export class Record {
  /** The last acknowledged revision of each document, and the last that was tried. */
  readonly #documents = new Map<string, { committed: number; tried: number }>()
  readonly #edits = new Map<string, { made: Set<string>; tried: Set<string> }>()
  /** The version of each plugin that was made permanent last, and those that may have been. */
  readonly #permanent = new Map<string, Set<string>>()
  commits = 0
  edits = 0

  /** The next life begins with what `inventory` says: what may have been lost is decided. */
  restarted({ documents, versions }: Inventory): void {
    for (const [id, revision] of Object.entries(documents))
      this.#documents.set(id, { committed: revision, tried: revision })
    for (const [id, version] of versions) this.#permanent.set(id, new Set([version]))
  }

  add(line: Line): void {
    switch (line.type) {
      case 'trying-commit':
        this.#document(line.id).tried = line.revision
        break
      case 'committed':
        this.#document(line.id).committed = line.revision
        this.commits += 1
        break
      case 'trying-edit':
        this.#editsOf(line.name).tried.add(line.token)
        break
      case 'edited':
        this.#editsOf(line.name).made.add(line.token)
        this.edits += 1
        break
      case 'trying-permanent':
        this.#versions(line.id).add(line.version)
        break
      case 'permanent':
        this.#permanent.set(line.id, new Set([line.version]))
        break
      default:
    }
  }

  /** What is wrong with what a life came back with. */
  problems({ versions, documents, indexes, shared }: Inventory, plugins: number): string[] {
    return [
      ...(versions.length === plugins && new Set(versions.map(([id]) => id)).size === plugins
        ? []
        : [`the plugins that came back are ${versions.map((each) => each.join('@')).join(', ')}`]),
      ...versions
        .filter(([id, version]) => !this.#versions(id).has(version))
        .map(
          ([id, version]) => `${id} came back as ${version}, and ${[...this.#versions(id)].join(' or ')} was permanent`,
        ),
      ...[...this.#documents]
        .filter(
          ([id, { committed, tried }]) =>
            committed >= 0 && !((documents[id] ?? -1) >= committed && (documents[id] ?? -1) <= tried),
        )
        .map(
          ([id, { committed, tried }]) =>
            `document ${id} is at ${documents[id] ?? 'nothing'}, and was acknowledged at ${committed}, tried at ${tried}`,
        ),
      ...Object.keys(documents)
        .filter((id) => !this.#documents.has(id))
        .map((id) => `document ${id} comes from nowhere`),
      ...Object.entries(indexes).flatMap(([name, rows]) =>
        Object.keys({ ...rows, ...documents })
          .filter((id) => rows[id] !== documents[id])
          .map(
            (id) =>
              `index ${name} has ${id} at ${rows[id] ?? 'nothing'}, and the document is at ${documents[id] ?? 'nothing'}`,
          ),
      ),
      ...[...this.#edits].flatMap(([name, { made, tried }]) =>
        [...tried]
          .map((token) => [token, occurrences(shared[name] ?? '', token)] as const)
          .filter(([token, count]) => count > 1 || (count === 0 && made.has(token)))
          .map(([token, count]) => `${name} has ${token} ${count} times`),
      ),
    ]
  }

  #document(id: string): { committed: number; tried: number } {
    const known = this.#documents.get(id) ?? { committed: -1, tried: -1 }
    this.#documents.set(id, known)
    return known
  }

  #editsOf(name: string): { made: Set<string>; tried: Set<string> } {
    const known = this.#edits.get(name) ?? { made: new Set(), tried: new Set() }
    this.#edits.set(name, known)
    return known
  }

  #versions(id: string): Set<string> {
    const known = this.#permanent.get(id) ?? new Set([FIRST_VERSION])
    this.#permanent.set(id, known)
    return known
  }
}

function occurrences(text: string, token: string): number {
  return text.split(token).length - 1
}
