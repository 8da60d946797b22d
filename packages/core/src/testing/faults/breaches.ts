/** What was found to be other than the invariants say, as texts that begin with the invariant. */
export class Breaches {
  readonly found: string[] = []

  must(holds: boolean, invariant: string, what: string): void {
    if (!holds) this.found.push(`${invariant}: ${what}`)
  }
}
