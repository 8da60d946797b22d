import { timers } from '@uni/reload-state'

export interface Reminder {
  readonly text: string
  /** Of version 2; what was set without it is not. */
  readonly urgent?: boolean
}

/** One firing, as a plugin tells it. */
export interface Reminded {
  readonly version: string
  readonly id: string
  /** When it was due, in milliseconds of the host's clock. */
  readonly dueAt: number
}

export const reminders = timers<Reminder>('reminders')
