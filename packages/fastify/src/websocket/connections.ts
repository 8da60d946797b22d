import { DISPOSE, ReloadError, type PluginHost, type ProviderLease } from '@uni/reload-core'
import type { AppVersion } from '../app/app-version.js'
import { APP, appSurface } from '../app/surface.js'
import type { Connection } from './connection.js'

/** The WebSockets of an app, which no version of it closes by its end. */
export class Connections implements Iterable<Connection> {
  readonly #all = new Set<Connection>()
  readonly #host: Pick<PluginHost, 'acquire' | 'captureReady'>

  constructor(host: Pick<PluginHost, 'acquire' | 'captureReady'>) {
    this.#host = host
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all.values()
  }

  add(connection: Connection): void {
    this.#all.add(connection)
  }

  delete(connection: Connection): void {
    this.#all.delete(connection)
  }

  /** Holds the version that serves; while it is fenced, gives what resolves when it is not. */
  readonly hold = (label: string): ProviderLease<AppVersion> | Promise<void> => {
    try {
      return this.#host.acquire(appSurface, APP, { label })
    } catch (error) {
      if (!ReloadError.is(error)) throw error
      // Of a host that is closed nothing is waited for: the connection ends with it.
      return error.code === 'SURFACE_FENCED' ? this.#served() : new Promise(() => {})
    }
  }

  async #served(): Promise<void> {
    const lease = await this.#host.captureReady({ uses: [{ surface: appSurface, key: APP }] })
    lease[DISPOSE]()
  }
}
