/** Which version answered each call of a surface, as whoever made the call has seen it. */
export interface VersionsSeen {
  readonly surface: string
  readonly calls: number
  /** How many of them were answered by which version. */
  readonly versions: string
  /** Calls that more than one version had to do with. */
  readonly mixed: number
}

export class VersionLog {
  readonly #surface: string
  readonly #calls = new Map<string, number>()
  #mixed = 0

  constructor(surface: string) {
    this.#surface = surface
  }

  /** @param versions all that had to do with one call. */
  answered(versions: readonly string[]): void {
    const [version = 'none', ...others] = new Set(versions)
    if (others.length > 0) this.#mixed += 1
    else this.#calls.set(version, (this.#calls.get(version) ?? 0) + 1)
  }

  get seen(): VersionsSeen {
    const counts = [...this.#calls].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return {
      surface: this.#surface,
      calls: counts.reduce((sum, [, calls]) => sum + calls, this.#mixed),
      versions: counts.map(([version, calls]) => `${calls} by ${version}`).join(', '),
      mixed: this.#mixed,
    }
  }
}
