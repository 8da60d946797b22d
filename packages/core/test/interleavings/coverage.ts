/** Counts what was reached, so that a run that tried little cannot pass for one that tried much. */
export class Coverage {
  readonly #counts = new Map<string, number>()
  runs = 0
  commands = 0

  note(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  missing(required: readonly string[]): string[] {
    return required.filter((what) => !this.#counts.has(what))
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** One line for each kind: `reload: done 812, HANDOFF 131`. */
  toString(): string {
    const kinds = new Map<string, string[]>()
    for (const [what, count] of [...this.#counts].sort(([one], [other]) => one.localeCompare(other))) {
      const at = what.indexOf(': ')
      const kind = what.slice(0, at)
      kinds.set(kind, [...(kinds.get(kind) ?? []), `${what.slice(at + 2)} ${count}`])
    }
    return [...kinds].map(([kind, outcomes]) => `${kind}: ${outcomes.join(', ')}`).join('\n')
  }
}
