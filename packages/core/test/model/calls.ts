/** A call into a plugin that has begun. */
export interface Pending {
  readonly name: string
  /** What it is made on: a provider, a resource, a caller's number. */
  readonly on: unknown
  /** The host waits for it no longer. */
  givenUp: boolean
  end(): void
  fail(): void
}

/** The calls that the host makes into its plugins, each of which ends when the trace says so. */
export class Calls {
  readonly #pending = new Set<Pending>()

  /** Runs `outcome` when the call is to end well. */
  begin<T>(name: string, on: unknown, outcome: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        name,
        on,
        givenUp: false,
        end: () => {
          this.#pending.delete(pending)
          resolve(outcome())
        },
        fail: () => {
          this.#pending.delete(pending)
          reject(new Error(`${name} fails`))
        },
      }
      this.#pending.add(pending)
    })
  }

  all(): readonly Pending[] {
    return [...this.#pending]
  }

  find(matches: (call: Pending) => boolean): Pending | undefined {
    return this.all().find(matches)
  }

  /** @throws Error where the code has made no such call: the trace has a step that it refuses. */
  get(name: string, matches: (call: Pending) => boolean = () => true): Pending {
    const found = this.find((call) => call.name === name && matches(call))
    if (found === undefined)
      throw new Error(
        `the trace ends a call of ${name}, and the code has made none; it waits for ${
          this.all()
            .map((call) => call.name)
            .join(', ') || 'nothing'
        }`,
      )
    return found
  }
}
