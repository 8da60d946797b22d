/** An event as it is sent to those who follow: `data` is JSON. */
export interface LoggedEvent {
  /** Numbers the events of a process, from 1. */
  readonly id: number
  readonly type: string
  readonly data: string
}

export interface Since {
  readonly events: readonly LoggedEvent[]
  /** How many events after the given one are no longer there. */
  readonly missed: number
}

/** The last events of a host, and those who are told of each further one. */
export class EventLog {
  readonly #capacity: number
  readonly #listeners = new Set<(event: LoggedEvent) => void>()
  #events: LoggedEvent[] = []
  #last = 0

  /** @param capacity how many events are kept. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many follow. */
  get followers(): number {
    return this.#listeners.size
  }

  get lastId(): number {
    return this.#last
  }

  add(type: string, data: unknown): void {
    this.#last += 1
    const event: LoggedEvent = { id: this.#last, type, data: JSON.stringify(data) }
    this.#events.push(event)
    // Cut by halves, so that the many that are kept are not moved for each that comes.
    if (this.#events.length >= 2 * this.#capacity) this.#events = this.#events.slice(-this.#capacity)
    for (const listener of this.#listeners) listener(event)
  }

  /** @param id the last event that is known; one of an earlier process is known by being greater than any. */
  since(id: number): Since {
    const known = id > this.#last ? 0 : id
    const events = this.#events.filter((event) => event.id > known).slice(-this.#capacity)
    return { events, missed: (events[0]?.id ?? this.#last + 1) - known - 1 }
  }

  /** @returns a function that ends it. */
  follow(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
