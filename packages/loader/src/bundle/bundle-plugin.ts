import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { build, type BuildOptions, type BuildResult, type Loader, type Metafile } from 'esbuild'
import { LoadError } from '../errors.js'
import { readPackageManifest } from '../manifest/package-manifest.js'
import type { SharedPackages } from '../shared/shared-packages.js'
import { buildError, isBuildFailure, isMissingBase } from '../build-error.js'
import { addons } from './addons.js'
import { refuseOutside } from './boundary.js'
import type { Bundle } from './bundle.js'
import { ConfigurationSearch } from './configuration.js'
import { refuseDecoratorMetadata } from './decorator-metadata.js'
import type { External } from './external.js'
import { GuardOfAll, guardOfNames } from './guard.js'
import { freshNames } from './fresh-names.js'
import { NearestPackage } from './nearest-package.js'
import { refuseBackslash, type PluginSource } from './plugin-source.js'
import { refuseSecondCopies } from './second-copies.js'
import { FOR_IMPORT } from '../shared/shared-names.js'
import { isShared, sharedModules } from './shared-modules.js'
import { DEFINE, DRAWN, nameSourceFiles, UNNAMED } from './source-files.js'
import { soughtBy, type Sought } from './sought.js'
import { SourcePlaces } from './source-places.js'
import { refuseWorkers } from './workers.js'

const TEXT = ['.txt', '.md', '.sql', '.graphql', '.gql', '.html', '.css', '.svg', '.csv', '.xml', '.yaml', '.yml']
const BYTES = ['.wasm', '.bin']
const LOADERS: Readonly<Record<string, Loader>> = Object.fromEntries([
  ...TEXT.map((extension): [string, Loader] => [extension, 'text']),
  ...BYTES.map((extension): [string, Loader] => [extension, 'binary']),
])

const ASSETS = ['.json', ...TEXT, ...BYTES]

/** A build that takes longer may wait for what never comes, such as a named pipe in the place of a source. */
const SUSPICIOUS_MS = 2_000

/** What stands for the line that the bundle begins with, until all names are known that the code has. */
const OPENING = `// ${DRAWN}`
const CLOSING = '});'

const OPTIONS: BuildOptions = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  // The least that is supported, so that a plugin is the same bytes on every Node.
  target: 'node20.19',
  sourcemap: 'external',
  // Errors and reports show the names of classes and functions.
  keepNames: true,
  legalComments: 'none',
  define: { ...DEFINE },
  loader: { ...LOADERS },
  banner: { js: OPENING },
  footer: { js: CLOSING },
  // What the modules import that stand for those of the host: a callback for each would take longer.
  external: [`${FOR_IMPORT}*`],
  logLevel: 'silent',
}

export interface BuiltPlugin {
  readonly bundle: Bundle
  readonly sought: Sought
}

/**
 * Bundles a plugin, with all that it imports but what the host shares, Node's modules and native addons.
 *
 * @throws LoadError for whatever is wrong with it.
 */
export async function bundlePlugin(source: PluginSource, shared: SharedPackages): Promise<BuiltPlugin> {
  const { root, entry, packageJson } = source
  const manifest = packageJson && readPackageManifest(packageJson)
  const below = relative(root, entry).replaceAll(sep, '/')
  const nearest = new NearestPackage()
  const sharing = sharedModules(shared, packageJson, nearest)
  const native = addons(root)
  const building = buildWithin(root, {
    // Relative, as esbuild takes an asterisk, which the path of the folder may have, for a pattern.
    entryPoints: [`./${below}`],
    outfile: join(root, 'bundle.cjs'),
    plugins: [guardOfNames(ASSETS), sharing.plugin, native.plugin],
  })
  // While esbuild is at work.
  const configuring = new ConfigurationSearch(root)
  const { outputFiles, metafile } = await building
  const files = filesOf(metafile.inputs)
  for (const [path, { imports }] of Object.entries(files)) {
    for (const { original } of imports) {
      if (original?.startsWith('.') === true) refuseBackslash(resolve(root, dirname(path), original))
    }
  }
  refuseOutside(files, source)
  refuseSecondCopies(files, root, shared, nearest)
  const [map, code] = outputFiles.map(({ text }) => text)
  if (code === undefined || map === undefined) throw new LoadError('BUNDLE', 'esbuild wrote nothing')
  refuseWorkers(code, map, root)
  const paths = Object.keys(files).map((path) => resolve(root, path))
  const configuration = await configuring.of(new Set(paths.map((path) => dirname(path))), nearest)
  refuseDecoratorMetadata(code, paths, configuration)
  const bundle: Bundle = {
    code: finished(code, map, metafile.inputs, below),
    map,
    root,
    entry: below,
    inputs: Array.from(new Set([...paths, ...configuration.files])).toSorted(),
    externals: externalsOf(metafile.outputs, sharing.specifiers, native.paths),
    requirements: Array.from(sharing.requirements.values()),
    manifest,
  }
  return { bundle, sought: soughtBy(files, root, configuration) }
}

type Built = BuildResult<{ metafile: true; write: false }>

/** After a while, builds once more and looks at each file before esbuild reads it: what comes first is given. */
async function buildWithin(
  root: string,
  options: BuildOptions & Pick<Required<BuildOptions>, 'plugins'>,
): Promise<Built> {
  const guard = new GuardOfAll(root)
  let timer: NodeJS.Timeout | undefined
  const guarded = new Promise<Built>((resolve) => {
    timer = setTimeout(() => {
      resolve(buildIn(root, { ...options, plugins: [guard.plugin, ...options.plugins] }))
    }, SUSPICIOUS_MS)
  })
  try {
    return await Promise.race([buildIn(root, options), guarded])
  } finally {
    clearTimeout(timer)
    guard.endOthers()
  }
}

async function buildIn(root: string, options: BuildOptions): Promise<Built> {
  try {
    const built = await build({ ...OPTIONS, ...options, absWorkingDir: root, metafile: true, write: false })
    const missing = built.warnings.filter(isMissingBase)
    if (missing.length === 0) return built
    throw Object.assign(new Error(missing[0]?.text), { errors: missing, warnings: [] })
  } catch (error) {
    throw isBuildFailure(error) ? buildError(error, root) : error
  }
}

/**
 * The function that the bundle is. What it closes over keeps Node's module of it alive, and that the source map, for as
 * long as any of the plugin's functions are. It is in parentheses, as V8 then compiles it with what is around it, and
 * need not read it again when it is called. Declarations and strict mode are put into the first line, so that all
 * others stay where the source map has them.
 */
function finished(code: string, map: string, inputs: Metafile['inputs'], entry: string): string {
  const names = freshNames(code, '__uni_', UNNAMED.length)
  const [kept, runtime] = [names.next().value, names.next().value]
  const own = code.slice(0, code.lastIndexOf(CLOSING))
  const places = new SourcePlaces(code, map)
  const { code: named, declared } = nameSourceFiles(own, places, inputs, runtime, names)
  const opening = [
    `const ${kept} = module; module.exports = (function (${runtime}, require, module, exports) {`,
    isStrict(code, inputs, entry) ? '"use strict";' : '',
    `void ${kept};`,
    declared.length === 0 ? '' : `const ${declared.join(', ')};`,
  ]
  return (
    (named + code.slice(own.length))
      // Of a script that a shell may run, which a function cannot contain.
      .replace(/^#!/, '//')
      .replace(OPENING, () => opening.filter((part) => part !== '').join(' '))
  )
}

/** Not JSON and other assets, which are modules of CommonJS as well. */
const CODE = /\.[cm]?[jt]sx?$/

/**
 * Whether the code may be strict, as modules of ECMAScript are: all share one function, so no module of CommonJS may
 * count on being sloppy. An entry that nothing imports is not wrapped: its directive is the first statement of the
 * bundle.
 */
function isStrict(code: string, inputs: Metafile['inputs'], entry: string): boolean {
  const matches = code.matchAll(/__commonJS\(\{\n +("(?:[^"\\\n]|\\.)*")\([^)]*\) \{\n( +"use strict";)?/g)
  const directives = new Map(
    Array.from(matches, ([, path, directive]) => [JSON.parse(path as string) as string, directive]),
  )
  const own = code.includes(`${OPENING}\n"use strict";`) ? 'use strict' : undefined
  if (!directives.has(entry)) directives.set(entry, own)
  return Array.from(directives).every(
    ([path, directive]) => directive !== undefined || inputs[path]?.format === 'esm' || !CODE.test(path),
  )
}

/** Without the modules that are made here. */
function filesOf(inputs: Metafile['inputs']): Metafile['inputs'] {
  return Object.fromEntries(Object.entries(inputs).filter(([path]) => !isShared(path)))
}

function externalsOf(
  outputs: Metafile['outputs'],
  shared: ReadonlySet<string>,
  addonPaths: ReadonlySet<string>,
): readonly External[] {
  const node = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path, external }) => external === true && isBuiltin(path))
    .map(({ path }) => (path.startsWith('node:') ? path : `node:${path}`))
  const externals: readonly External[] = [
    ...Array.from(new Set(node), (name): External => ({ kind: 'node', name })),
    ...Array.from(shared, (name): External => ({ kind: 'shared', name })),
    ...Array.from(addonPaths, (name): External => ({ kind: 'addon', name })),
  ]
  return externals.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
