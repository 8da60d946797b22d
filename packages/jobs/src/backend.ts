/** A job that waits for an attempt, or is in one. */
export interface WaitingJob {
  readonly id: string
  readonly payload: unknown
}

/** Some of what is in a queue. */
export interface JobPage {
  /** Those of the name that was asked for. A job may be in more than one page. */
  readonly jobs: readonly WaitingJob[]
  /** How many jobs of any name were looked at for this page. */
  readonly lookedAt: number
}

/** What a commit changes of the jobs of a backend, by their names without the prefix. */
export interface JobChange {
  readonly added: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
  /**
   * The schedule of each job whose schedule is another one now, or that was added; `undefined` where it has none (any
   * more).
   */
  readonly schedules: ReadonlyMap<string, string | undefined>
}

/** What has jobs run: a queue with its workers, or a scheduler. */
export interface JobBackend {
  /** As verdicts and errors name it, such as `BullMQ queue "mail"`. */
  readonly label: string
  /** The keys of its providers begin with it. What follows is the name of the job in the backend. */
  readonly prefix: string
  /**
   * Gives every job that is there from the beginning to the end of the call and waits for an attempt or is in one, in
   * pages, so that neither holds up the other. A job that goes from one state to another meanwhile is in some page. A
   * run that goes together with its schedule is in none. Absent: nothing waits, as a scheduler runs what is due.
   */
  waiting?(name: string, signal: AbortSignal): AsyncIterable<JobPage>
  /** @throws Error that says what is wrong with a schedule. */
  checkSchedule(schedule: string): void
  /**
   * Called in the turn of each commit, also where it is taken back, and not before. From then on jobs are run as
   * `change` says. What takes longer goes on until it is done, however often it fails. Does not throw.
   */
  committed(change: JobChange): void
  /** The host has ended: stops what this process does. What outlives the process, such as what is queued, stays. */
  ended(): void
}
