/** What was found that breaks an invariant: texts that begin with the invariant's name. */
export class Breaches {
  readonly found: string[] = []

  must(holds: boolean, invariant: string, what: string): void {
    if (!holds) this.found.push(`${invariant}: ${what}`)
  }
}
