import type { Bundle } from './bundle/bundle.js'
import { LoadError } from './errors.js'
import type { LoadedPlugin } from './loaded-plugin.js'
import { withManifest } from './manifest/plugin-of.js'
import { heldPlugin } from './store/held-plugin.js'
import type { PluginStore } from './store/plugin-store.js'
import type { ReadOnlyStore } from './store/read-only-store.js'
import type { NewVersion, StoredVersion } from './store/stored-version.js'
import type { OpenedPackage } from './archive/open-package.js'
import type { PackageSignature } from './trust/signature.js'

/** Raised where a bundle is evaluated in another way than those before. */
const FORMAT = 1

type NotedBundle = Omit<Bundle, 'code' | 'map'>

interface Notes {
  readonly format: number
  readonly bundle: NotedBundle
  /** Of the package, where that was asked for. */
  readonly signature: PackageSignature | undefined
}

/**
 * Puts a plugin that was loaded into a store, where it stays as {@link heldPlugin} says. Of a file or a folder, other
 * code under a version that is in use becomes a build of its own, and the plugin says so in its version.
 */
export async function storeBundle(
  store: PluginStore,
  loaded: LoadedPlugin,
  bundle: Bundle,
  opened: OpenedPackage | undefined,
): Promise<LoadedPlugin> {
  const { id, version } = identityOf(loaded)
  const { code, map, ...rest } = bundle
  const notes = { format: FORMAT, bundle: rest, signature: opened?.signature } satisfies Notes
  const given: NewVersion = { id, version, code, map, notes, package: opened?.digest }
  const stored = await store.put({ ...given, taken: opened === undefined ? 'add-build' : 'refuse' })
  return held(store, loaded, given, stored)
}

/** The bundle of a version that was read from a store. @throws LoadError `STORE` where it is of another format. */
export function bundleIn(stored: StoredVersion): { bundle: Bundle; signature: PackageSignature | undefined } {
  const { format, bundle, signature } = stored.notes as unknown as Notes
  if (format !== FORMAT) {
    throw new LoadError('STORE', `it was bundled in format ${format}, and this version of the loader runs ${FORMAT}`, {
      plugin: `${stored.id}@${stored.version}`,
      hint: 'Load it from its source again.',
    })
  }
  return { bundle: { ...bundle, code: String(stored.code), map: String(stored.map) }, signature }
}

/**
 * A plugin under the version that it is stored as. It holds that, where this process writes to the store.
 *
 * @param given what `stored` was, or would be, put into the store as.
 */
export function held(
  store: PluginStore | ReadOnlyStore,
  loaded: LoadedPlugin,
  given: Omit<NewVersion, 'version' | 'taken'>,
  stored: StoredVersion,
): LoadedPlugin {
  const { version } = stored
  if (!('put' in store)) {
    return { ...loaded, plugin: withManifest(loaded.plugin, { ...loaded.plugin.manifest, version }) }
  }
  return { ...loaded, plugin: heldPlugin(loaded.plugin, stored, () => store.put({ ...given, version })) }
}

function identityOf({ plugin, file }: LoadedPlugin): { readonly id: string; readonly version: string } {
  const { id, version } = plugin.manifest
  if (typeof id === 'string' && id !== '' && typeof version === 'string' && version !== '') return { id, version }
  throw new LoadError('MANIFEST', 'the manifest says no id, or no version', {
    place: { file },
    hint: "Write both into it: { id: 'search', version: '1.0.0' }.",
  })
}
