import type { Job, JobType, Queue } from 'bullmq'
import type { JobPage } from '../backend.js'
import { isOwnTick } from './ticks.js'

const PAGE = 500

/**
 * The states from which a job comes to an attempt, in an order in which none escapes: a job goes to a later one of them, or
 * from an attempt back to an earlier one, and is then among those that are in an attempt at the beginning. Within a
 * state, the newest come first: jobs leave at the other end, so that those behind a page do not move up.
 */
const STATES: readonly JobType[] = ['active', 'waiting-children', 'delayed', 'prioritized', 'waiting', 'active']

/** The jobs of a queue that wait for an attempt or are in one, page by page. */
export async function* waitingIn(queue: Queue, name: string, signal: AbortSignal): AsyncGenerator<JobPage> {
  const begun = new Set<string | undefined>()
  for (const state of STATES) {
    for (let start = 0; ; start += PAGE) {
      signal.throwIfAborted()
      const found = (await queue.getJobs([state], start, start + PAGE - 1, false)) as Job[]
      const fresh = found.filter(({ id }) => !begun.has(id))
      if (state === 'active') for (const { id } of found) begun.add(id)
      const jobs = fresh.filter((job) => job.name === name && !(state === 'delayed' && isOwnTick(job)))
      yield { jobs: jobs.map(({ id = '', data }) => ({ id, payload: data as unknown })), lookedAt: fresh.length }
      if (found.length < PAGE) break
    }
  }
}
