import { expect, it } from 'vitest'
import { loadPlugin } from '@uni/reload-loader'
import { loadFailure } from './fixtures/load-failure.js'
import { answering, PluginFolder } from './fixtures/plugin-folder.js'

const WITHOUT = 'export default { register() {} }'
const packageJson = (fields: object): { 'package.json': string } => ({
  'package.json': JSON.stringify({ main: 'index.js', ...fields }),
})

it('N1 the manifest is the module’s, or the package’s', async () => {
  await using folder = await PluginFolder.of({ 'index.js': answering('1') })
  expect((await loadPlugin(folder.path)).plugin.manifest).toEqual({ id: 'answering', version: '1.0.0' })
  const dependsOn = [{ id: 'other', range: '^1.0.0', optional: true }]
  const fields = { name: '@acme/notes', version: '2.1.0', uni: { id: 'notes', capabilities: ['crdt-kind'], dependsOn } }
  await folder.write({ 'index.js': WITHOUT, ...packageJson(fields) })
  expect((await loadPlugin(folder.path)).plugin.manifest).toEqual({
    id: 'notes',
    version: '2.1.0',
    capabilities: ['crdt-kind'],
    dependsOn,
  })
  await folder.write(packageJson({ ...fields, uni: {} }))
  expect((await loadPlugin(folder.path)).plugin.manifest).toEqual({ id: '@acme/notes', version: '2.1.0' })
})

it('N1 a package without the field says nothing of the plugin', async () => {
  await using folder = await PluginFolder.of({
    'index.js': answering('1'),
    ...packageJson({ name: 'other', version: '9.0.0' }),
  })
  expect((await loadPlugin(folder.path)).plugin.manifest).toEqual({ id: 'answering', version: '1.0.0' })
})

it('N1 methods of a plugin that gets its manifest from the package are called on it', async () => {
  await using folder = await PluginFolder.of({
    'index.js':
      'class Notes { #called = []; register() { this.#called.push("register") } init() { this.#called.push("init") } shutdown() { return this.#called } }\nexport default Object.freeze(new Notes())',
    ...packageJson({ name: 'notes', version: '1.0.0', uni: {} }),
  })
  const { plugin } = await loadPlugin(folder.path)
  await plugin.register(undefined as never)
  await plugin.init?.(undefined as never)
  expect(plugin.shutdown?.(undefined as never)).toEqual(['register', 'init'])
})

it.each<[what: string, fields: object, says: RegExp]>([
  ['uni is no object', { uni: 'notes' }, /uni: expected an object, and got "notes"/],
  [
    'an unknown field',
    { uni: { capability: [] } },
    /uni: expected id, entry, capabilities, dependsOn, and got the unknown "capability"/,
  ],
  [
    'a field of another type',
    { uni: { capabilities: ['a', 5] } },
    /uni\.capabilities\[1\]: expected a non-empty string, and got 5/,
  ],
  [
    'a dependency without a range',
    { uni: { dependsOn: [{ id: 'a' }] } },
    /uni\.dependsOn\[0\]\.range: expected a range of versions, such as \^2\.1\.0, and got undefined/,
  ],
  [
    'a dependency with a range that is none',
    { uni: { dependsOn: [{ id: 'a', range: 'new' }] } },
    /uni\.dependsOn\[0\]\.range: expected a range of versions, such as \^2\.1\.0, and got "new"/,
  ],
  [
    'no version',
    { name: 'notes', version: undefined, uni: {} },
    /version: expected a semantic version, such as 1\.4\.0, and got undefined/,
  ],
  [
    'a version that is none',
    { version: 'v2', uni: {} },
    /version: expected a semantic version, such as 1\.4\.0, and got "v2"/,
  ],
  ['no name', { name: '', uni: {} }, /name: expected a non-empty string, and got ""/],
])('N2 refused, naming the field: %s', async (_, fields, says) => {
  await using folder = await PluginFolder.of({
    'index.js': WITHOUT,
    ...packageJson({ name: 'notes', version: '1.0.0', ...fields }),
  })
  const error = await loadFailure(loadPlugin(folder.path))
  expect(error.message).toMatch(says)
  expect(error).toMatchObject({ code: 'MANIFEST', file: folder.at('package.json') })
})

it('N2 a package.json that is not JSON is refused with its place', async () => {
  await using folder = await PluginFolder.of({ 'package.json': '{\n  "name": "a"\n  "version": "1.0.0"\n}' })
  expect(await loadFailure(loadPlugin(folder.path))).toMatchObject({
    code: 'MANIFEST',
    file: folder.at('package.json'),
    line: 3,
    column: 3,
  })
  await folder.write({ 'package.json': '[]' })
  expect((await loadFailure(loadPlugin(folder.path))).message).toMatch(/it is no JSON object/)
})

it('N3 a module that says otherwise than its package is refused, and so is one that says nothing', async () => {
  await using folder = await PluginFolder.of({
    'index.js': answering('1'),
    ...packageJson({ name: 'answering', version: '1.0.1', uni: {} }),
  })
  const error = await loadFailure(loadPlugin(folder.path))
  expect(error.message).toMatch(
    /^MANIFEST \(plugin "answering@1\.0\.1", .*index\.js\): manifest\.version of the module is "1\.0\.0", and package\.json says "1\.0\.1"/,
  )
  await folder.write({ 'index.js': WITHOUT, ...packageJson({ name: 'answering', version: '1.0.1' }) })
  expect((await loadFailure(loadPlugin(folder.path))).message).toMatch(
    /^MANIFEST .*the plugin has no manifest\. Write manifest: \{ id: .*or a field uni into its package\.json/,
  )
})
