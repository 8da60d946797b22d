import { join } from 'node:path'
import { describeThrown, type Plugin } from '@uni/reload-core'
import type { Bundle } from '../bundle/bundle.js'
import type { Digest } from '../digest.js'
import { LoadError } from '../errors.js'
import type { RunOptions } from '../load-options.js'
import type { LoadedPlugin } from '../loaded-plugin.js'
import { pluginOf } from '../manifest/plugin-of.js'
import type { SharedModule } from '../shared/shared-module.js'
import type { SharedPackages } from '../shared/shared-packages.js'
import { evaluate } from './evaluate.js'
import type { HostModules } from './runtime.js'
import { thrownError } from './thrown-error.js'

/**
 * Evaluates a bundle, be it made now or long ago: what it asks of the host's packages is checked first.
 *
 * @param filename absolute, and no other bundle's.
 * @throws LoadError `SHARED`, `THREW`, `EXPORT` or `MANIFEST`. Nothing of the bundle is kept then.
 */
export async function loadBundle(
  bundle: Bundle,
  digest: Digest,
  filename: string,
  shared: SharedPackages,
  make: RunOptions['pluginOf'],
): Promise<LoadedPlugin> {
  const { root, entry, inputs, externals, manifest, requirements } = bundle
  for (const requirement of requirements) shared.check(requirement)
  const named = new Map<string, SharedModule>()
  for (const { kind, name } of externals) if (kind === 'shared') named.set(name, await shared.load(name))
  const file = join(root, entry)
  return {
    plugin: pluginIn(exportsOf(bundle, filename, { named, packages: shared }), file, manifest, make),
    digest,
    file,
    inputs,
    externals,
  }
}

function pluginIn(exports: unknown, file: string, manifest: Bundle['manifest'], make: RunOptions['pluginOf']): Plugin {
  try {
    return make === undefined ? pluginOf(exports, file, manifest) : make(exports, file)
  } catch (thrown) {
    if (LoadError.is(thrown)) throw thrown
    throw new LoadError('EXPORT', `what it exports threw when it was read: ${describeThrown(thrown)}`, {
      place: { file },
      ...(manifest && { plugin: `${manifest.id}@${manifest.version}` }),
      hint: 'Export a plain object: neither a proxy, nor one whose members throw when they are read.',
      cause: thrown,
    })
  }
}

function exportsOf(bundle: Bundle, filename: string, modules: HostModules): unknown {
  try {
    return evaluate(bundle, filename, modules)
  } catch (thrown) {
    const { manifest } = bundle
    throw thrownError(thrown, bundle, filename, manifest && `${manifest.id}@${manifest.version}`)
  }
}
