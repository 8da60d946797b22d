import type { Plugin } from '@uni/reload-core'
import { LoadError } from '../errors.js'
import type { PackageManifest } from './package-manifest.js'

/** What a module exports that may be a plugin. */
type Candidate = Partial<Plugin> & object

/**
 * The plugin that a module exports: as `default`, as `plugin`, or as `module.exports`. Where its package has a
 * manifest, the module's own may be left out, and must not contradict it.
 *
 * @param file absolute path of the module.
 * @throws LoadError `EXPORT` or `MANIFEST`.
 */
export function pluginOf(exports: unknown, file: string, manifest: PackageManifest | undefined): Plugin {
  const plugin = exportedPlugin(exports, file)
  const own = plugin.manifest
  if (manifest === undefined) {
    if (own !== undefined) return plugin as Plugin
    throw new LoadError('MANIFEST', 'the plugin has no manifest', {
      place: { file },
      hint: "Write manifest: { id: 'search', version: '1.0.0' } into it, or a field uni into its package.json.",
    })
  }
  const { id, version } = manifest
  for (const [field, said] of [
    ['id', id],
    ['version', version],
  ] as const) {
    if (own === undefined || own[field] === said) continue
    throw new LoadError(
      'MANIFEST',
      `manifest.${field} of the module is ${JSON.stringify(own[field])}, and package.json says ${JSON.stringify(said)}`,
      {
        place: { file },
        plugin: `${id}@${version}`,
        hint: 'Say it in one place: leave the manifest of the module out.',
      },
    )
  }
  // What the plugin is called on stays its own object, private members among it.
  return withManifest(plugin, own === undefined ? manifest : { ...manifest, ...own })
}

function exportedPlugin(exports: unknown, file: string): Candidate {
  const whole = exports as Readonly<Record<string, unknown>> | null | undefined
  const found = [whole?.['default'], whole?.['plugin'], whole].find(isCandidate)
  if (found !== undefined) return found
  const names = typeof whole === 'object' && whole !== null ? Object.keys(whole) : []
  throw new LoadError(
    'EXPORT',
    names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}, and none of it is a plugin`,
    {
      place: { file },
      hint: 'Export an object with register as default, or as plugin.',
    },
  )
}

function isCandidate(value: unknown): value is Candidate {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Plugin>).register === 'function'
}

/** A plugin with another manifest, whose calls and members are those of `plugin`. */
export function withManifest(plugin: Candidate, manifest: Plugin['manifest']): Plugin {
  const { register, init, shutdown } = plugin as Plugin
  return {
    ...plugin,
    manifest,
    register: register.bind(plugin),
    // What is no function is the host's to refuse.
    ...(typeof init === 'function' && { init: init.bind(plugin) }),
    ...(typeof shutdown === 'function' && { shutdown: shutdown.bind(plugin) }),
  }
}
