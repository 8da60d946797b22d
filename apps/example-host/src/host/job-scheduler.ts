import { ReloadError, type PluginHost } from '@uni/reload-core'
import { backgroundJob, runJob } from '@uni/reload-core/surfaces'
import { Cron } from 'croner'

/** Runs a plugin's background job by its own schedule. Each tick asks anew which version serves. */
export class JobScheduler implements AsyncDisposable {
  readonly #cron: Cron
  #running: Promise<void> = Promise.resolve()

  constructor(host: PluginHost, name: string, onError: (error: unknown) => void) {
    using lease = host.acquire(backgroundJob, name)
    const schedule = lease.provider.schedule ?? '* * * * *'
    this.#cron = new Cron(schedule, { protect: true, catch: onError }, () => {
      this.#running = runJob<void>(host, name).catch((error: unknown) => {
        // A fence is lifted before long: this tick is left out, the next one runs.
        if (!(ReloadError.is(error) && error.retryable)) throw error
      })
      return this.#running
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cron.stop()
    await this.#running.catch(() => {})
  }
}
