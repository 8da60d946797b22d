import type { AttachOptions } from '@uni/reload-core'
import { openTimers, type Timers } from '@uni/reload-state'
import type { StateSite } from './definition.js'
import { timersSurface } from './timers-state.js'

type Opening = Parameters<StateSite['registrar']['open']>[1]

/** The timers of an app, by name: versions share them. */
export class TimersHome {
  readonly #homes = new Map<string, { readonly timers: Timers<unknown>; readonly opening: Opening }>()
  readonly #onError: (error: unknown, timer: string) => void

  constructor(onError: (error: unknown, timer: string) => void) {
    this.#onError = onError
  }

  /** Has the host open them with the version of `site`, where they are not in service. */
  async open({ name, registrar, host, onceServing }: StateSite): Promise<Timers<unknown>> {
    const known = this.#homes.get(name)
    if (known !== undefined) {
      registrar.open(timersSurface, known.opening as AttachOptions<never, never>)
      return known.timers
    }
    let opening: Opening | undefined
    const made = await openTimers(
      {
        acquire: (...given) => host.acquire(...given),
        captureReady: (options) => host.captureReady(options),
        // With the version, and not after it: it is in service from the commit on.
        attach: (surface, options) => {
          opening = options as Opening
          return Promise.resolve(registrar.open(surface, options))
        },
      },
      timersSurface,
      { name, key: name, onError: (error, id) => this.#onError(error, `${name} ${id}`) },
    )
    let served = false
    onceServing(() => {
      served = true
    })
    this.#homes.set(name, { timers: made, opening: opening as Opening })
    // What a version that never served has made is not what the next one goes on with.
    registrar.onDispose(() => {
      if (!served) this.#homes.delete(name)
    })
    return made
  }
}
