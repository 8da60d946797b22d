import { DISPOSE, ReloadError, type PluginHost } from '@uni/reload-core'
import { LeasedSets, UnleasedSets, type CapturedSets } from './captured-sets.js'
import type { ExtensionSet } from './extension-set.js'
import { extensionSets } from './surface.js'
import type { Patience } from './patience.js'

const USES = [{ surface: extensionSets }]

/**
 * Captures extensions for chains of hooks. While a plugin of theirs is replaced exclusively, chains wait, in order, and
 * after a while they go on with the version that serves until then: a hook that fails would close its client.
 */
export class HookCaptures {
  readonly #host: PluginHost
  readonly #patience: Patience
  readonly #serving: () => readonly ExtensionSet[]
  /** Resolves when the fence is down, or has been up for too long; `undefined` where nobody waits. */
  #waiting: Promise<void> | undefined
  #fence: 'down' | 'waited for' | 'up for too long' = 'down'

  /** @param serving what the last commit has left in service, in order. */
  constructor(host: PluginHost, patience: Patience, serving: () => readonly ExtensionSet[]) {
    this.#host = host
    this.#patience = patience
    this.#serving = serving
  }

  /** @throws ReloadError `HOST_CLOSED`. */
  capture(label: string): CapturedSets | Promise<CapturedSets> {
    // Those that wait go first.
    if (this.#waiting === undefined) {
      try {
        return new LeasedSets(this.#host.capture({ label }))
      } catch (error) {
        if (!ReloadError.is(error) || error.code !== 'SURFACE_FENCED') throw error
      }
      if (this.#fence === 'up for too long') return new UnleasedSets(this.#serving())
      this.#waiting = this.#wait()
    }
    return this.#waiting.then(() => this.capture(label))
  }

  async #wait(): Promise<void> {
    this.#fence = 'waited for'
    if ((await this.#patience.with(this.#down())) === 'too late') this.#fence = 'up for too long'
    this.#waiting = undefined
  }

  async #down(): Promise<void> {
    try {
      const lease = await this.#host.captureReady({ uses: USES })
      lease[DISPOSE]()
    } catch {
      // The host was closed meanwhile, which the next capture says.
    } finally {
      this.#fence = 'down'
    }
  }
}
