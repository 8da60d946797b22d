import { getNextMillis, type Queue } from 'bullmq'
import { schedulerId } from './ticks.js'

/** Milliseconds between two tries to tell Redis of schedules. */
const RETRY_MS = 1000

/** What the schedule of a job is to be. */
interface Wanted {
  /** A cron expression; `undefined` where it has none. */
  readonly pattern: string | undefined
  /** When that was committed, in milliseconds since 1970. */
  readonly since: number
}

export interface SchedulersOptions {
  /** An IANA time zone. Absent: that of the process. */
  readonly timezone: string | undefined
  onError(error: Error): void
}

/** The job schedulers of a queue: made to be what was committed last, however often Redis is away. */
export class Schedulers {
  readonly #queue: Queue
  readonly #options: SchedulersOptions
  /** What Redis may not know yet. */
  readonly #wanted = new Map<string, Wanted>()
  #applying: Promise<void> | undefined
  #ended = false
  #wake: (() => void) | undefined

  constructor(queue: Queue, options: SchedulersOptions) {
    this.#queue = queue
    this.#options = options
  }

  /** @throws Error where BullMQ cannot read the pattern. */
  check(pattern: string): void {
    if (getNextMillis(Date.now(), this.#repeat(pattern)) === undefined) throw new Error('it is never due')
  }

  want(schedules: ReadonlyMap<string, string | undefined>): void {
    if (this.#ended) return
    for (const [name, pattern] of schedules) this.#wanted.set(name, { pattern, since: Date.now() })
    this.#applying ??= this.#apply().finally(() => {
      this.#applying = undefined
    })
  }

  /** Resolves when Redis has all that was committed; or at the end, which leaves what it has. */
  async applied(): Promise<void> {
    await this.#applying
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** Removes a scheduler of a job that nobody provides. */
  async forget(id: string): Promise<void> {
    await this.#queue.removeJobScheduler(id)
  }

  async #apply(): Promise<void> {
    while (!this.#ended) {
      const [next] = this.#wanted
      if (next === undefined) return
      const [name, wanted] = next
      try {
        await this.#make(name, wanted)
        // It may have been changed again meanwhile.
        if (this.#wanted.get(name) === wanted) this.#wanted.delete(name)
      } catch (cause) {
        if (this.#ended) return
        this.#options.onError(this.#notApplied(name, wanted, cause))
        await this.#pause()
      }
    }
  }

  async #make(name: string, { pattern, since }: Wanted): Promise<void> {
    const id = schedulerId(name)
    const present = await this.#queue.getJobScheduler(id)
    if (pattern === undefined) {
      if (present !== undefined) await this.#queue.removeJobScheduler(id)
      return
    }
    const { timezone } = this.#options
    if (present !== undefined && present.pattern === pattern && (present.tz ?? undefined) === timezone) return
    const next = present?.next
    const due = next !== undefined && next <= Date.now()
    if (due) await this.#letGo(id, next)
    await this.#queue.upsertJobScheduler(id, this.#repeat(pattern), { name, data: {} })
    const first = getNextMillis(since, this.#repeat(pattern))
    // A run that was due between the commit and now, while Redis was away.
    if (!due && first !== undefined && first <= Date.now()) await this.#queue.add(name, {}, { jobId: `${id}.${first}` })
  }

  /**
   * Leaves a run that is due, and not begun, to the workers: to replace the scheduler would take it out of the queue.
   */
  async #letGo(id: string, at: number): Promise<void> {
    const job = await this.#queue.getJob(`repeat:${id}:${at}`)
    if (await job?.isDelayed()) await job?.promote()
    await this.#queue.removeJobScheduler(id)
  }

  #repeat(pattern: string): { pattern: string; tz?: string } {
    const { timezone } = this.#options
    return { pattern, ...(timezone !== undefined && { tz: timezone }) }
  }

  #notApplied(name: string, { pattern }: Wanted, cause: unknown): Error {
    const what = pattern === undefined ? 'its schedule is not removed' : `its schedule "${pattern}" is not in force`
    return new Error(`job "${name}" of BullMQ queue "${this.#queue.name}": ${what} yet, and is tried again`, { cause })
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
