import type { Job } from 'bullmq'

const PREFIX = 'uni-reload.'

/** The id of the job scheduler that has a job run by its schedule. BullMQ gives a colon a meaning of its own. */
export function schedulerId(name: string): string {
  return PREFIX + encodeURIComponent(name)
}

/** Whether a job is the next one of a job scheduler that is ours: it leaves the queue with its scheduler. */
export function isOwnTick({ repeatJobKey, attemptsMade, stalledCounter }: Job): boolean {
  return isOurs(repeatJobKey) && attemptsMade === 0 && stalledCounter === 0
}

export function isOurs(repeatJobKey: string | undefined): repeatJobKey is string {
  return repeatJobKey?.startsWith(PREFIX) === true
}
