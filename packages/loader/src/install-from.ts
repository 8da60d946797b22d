import { LoadError } from './errors.js'
import { BundleRunner } from './evaluate/bundle-runner.js'
import { checkRunOptions, type RunOptions } from './load-options.js'
import { refuseAborted } from './refuse-aborted.js'
import type { LoadedPlugin } from './loaded-plugin.js'
import type { PluginStore } from './store/plugin-store.js'
import type { ReadOnlyStore } from './store/read-only-store.js'
import { bundleIn, held } from './stored-bundle.js'
import { checkIntegrity } from './trust/integrity.js'
import { Trust } from './trust/trust.js'

/**
 * Loads a version from a store, as it was put there by `loadPlugin`, whatever is at its source now.
 *
 * @throws LoadError `NOT_FOUND` where the store does not have it; `STORE` where it is damaged; `INTEGRITY`,
 * `SIGNATURE`; and whatever running it throws. TypeError for malformed options.
 */
export async function installFrom(
  store: PluginStore | ReadOnlyStore,
  id: string,
  version: string,
  options?: RunOptions,
): Promise<LoadedPlugin> {
  const { integrity, trust, signal, ...how } = checkRunOptions(options, 'installFrom options')
  refuseAborted(signal)
  const stored = await store.get(id, version)
  if (stored === undefined) {
    throw new LoadError('NOT_FOUND', `it is not in the store in ${store.folder}`, {
      plugin: `${id}@${version}`,
      hint: 'Load it from its source, with this store, before the host adds it.',
    })
  }
  try {
    refuseAborted(signal)
    const { bundle, signature } = bundleIn(stored)
    if (integrity !== undefined) checkIntegrity(stored.file, stored.code, integrity)
    if (trust !== undefined) {
      const policy = new Trust(trust)
      if (signature === undefined || stored.package === undefined) {
        policy.acceptUnsigned(stored.file, `${id}@${version} was stored without a signature`)
      } else policy.check(stored.file, stored.package.digest, signature)
    }
    const { code, map } = bundle
    const { notes, package: unpacked } = stored
    const loaded = await new BundleRunner(how).run(bundle, stored.digest)
    return held(store, loaded, { id, code, map, notes, package: unpacked?.digest }, stored)
  } catch (error) {
    await stored.hold.letGo()
    throw error
  }
}
