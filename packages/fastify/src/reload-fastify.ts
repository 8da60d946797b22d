import { checkAppOptions, type ReloadFastifyOptions } from './app/app-options.js'
import { ReloadableApp } from './app/reloadable-app.js'

/**
 * Makes a Fastify app whose plugins can be replaced while it serves. Each version is an instance of Fastify that does not
 * listen: a request ends with the version that it began with, a WebSocket stays connected, state is kept.
 *
 * @throws ReloadError where a plugin cannot be registered, LoadError of `@uni/reload-loader` where a file cannot be
 * loaded: nothing is left of the app then. TypeError for malformed options.
 */
export async function reloadFastify(options: ReloadFastifyOptions): Promise<ReloadableApp> {
  const app = new ReloadableApp(checkAppOptions(options))
  await app.begin()
  return app
}
