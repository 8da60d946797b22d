import { Cron } from 'croner'

export interface TicksOptions {
  readonly timezone: string | undefined
  /** Called each time the pattern is due. */
  due(): void
}

/** A pattern that is waited for, until it is stopped. */
export class Ticks {
  readonly #cron: Cron
  /** When it is due next: earlier than now, where the event loop is late. */
  #next: Date | null

  constructor(pattern: string, { timezone, due }: TicksOptions) {
    this.#cron = new Cron(pattern, { ...(timezone !== undefined && { timezone }) }, () => {
      this.#next = this.#cron.nextRun()
      due()
    })
    this.#next = this.#cron.nextRun()
  }

  /** @returns `due` where it was due already, and {@link TicksOptions.due} has not been called for that. */
  stop(): 'due' | 'waiting' {
    this.#cron.stop()
    return this.#next !== null && this.#next.getTime() <= Date.now() ? 'due' : 'waiting'
  }
}
