import type { MaybePromise } from '@uni/reload-core'
import type { BackgroundJobProvider, JobRun } from '@uni/reload-core/surfaces'
import { conform, type PayloadSchema } from './payload-schema.js'

/** One attempt of a job. `signal` fires, too, where the queue cancels the attempt. */
export interface Attempt<I = unknown> extends JobRun<I> {
  /** Tells the queue how far the attempt is, where the queue keeps that: a number, or anything that JSON can say. */
  progress(value: number | object): Promise<void>
}

export interface JobDefinition<I, T> {
  /** Its key: the name of the jobs that it runs, after the prefix of their queue. */
  readonly name: string
  /**
   * What a payload has to be. Jobs that wait are held to it before the version serves, and each one once more before it
   * is run, with what the schema has made of its payload. Absent: nothing is judged.
   */
  readonly schema?: PayloadSchema<I> | undefined
  /** When to run with the payload `{}`, besides what is queued: a cron expression, as the queue or scheduler reads it. */
  readonly schedule?: string | undefined
  run(attempt: Attempt<I>): MaybePromise<T>
}

/** A provider of the surface `backgroundJob`, with what queues are judged by. */
export interface JobProvider<I = unknown, T = unknown> extends BackgroundJobProvider<I, T> {
  readonly schema?: PayloadSchema<I> | undefined
}

/** Makes the provider of a job, for `registrar.provide(backgroundJob, job({ … }))`. */
export function job<I = unknown, T = unknown>(definition: JobDefinition<I, T>): JobProvider<I, T> {
  const { name, schema, schedule } = definition
  return {
    name,
    ...(schema && { schema }),
    ...(schedule !== undefined && { schedule }),
    async run(attempt) {
      const input =
        schema === undefined ? attempt.input : await conform(schema, attempt.input, `"${name}" ${attempt.id}`)
      return definition.run({ ...ATTEMPT, ...attempt, input })
    },
  }
}

/** Where whoever runs the job keeps no progress. */
const ATTEMPT = { progress: async (): Promise<void> => {} }
