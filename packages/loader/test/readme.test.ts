import { expect, it } from 'vitest'
import { PluginFolder } from './fixtures/plugin-folder.js'

const PACKAGE = `
{
  "name": "notes",
  "version": "2.1.0",
  "peerDependencies": { "yjs": "^13.6.0" },
  "uni": { "id": "notes", "entry": "./src/index.ts", "capabilities": ["scalar-fn"] }
}
`

const NOTES = 'export default { register() {} }'

it('N1 the program of the README replaces the plugin whose package.json it prints', async () => {
  await using folder = await PluginFolder.of({
    'plugins/notes/package.json': PACKAGE,
    'plugins/notes/src/index.ts': NOTES,
  })
  const before = process.cwd()
  process.chdir(folder.path)
  try {
    const { host, notes } = await import('./fixtures/readme-program.js')
    expect(notes.id).toBe('notes')
    expect(host.plugins().map(({ id, version, generation }) => ({ id, version, generation }))).toEqual([
      { id: 'notes', version: '2.1.0', generation: 1 },
    ])
    await host.close()
  } finally {
    process.chdir(before)
  }
})
