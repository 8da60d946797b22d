import { PluginHost } from '@uni/reload-core'
import { scalarFnHandoff } from '@uni/reload-core/surfaces'
import { watchPlugin } from '@uni/reload-loader'
import { expect, it, vi } from 'vitest'
import { PluginFolder } from './fixtures/plugin-folder.js'
import { saying } from './fixtures/watching.js'

it('the watch of the README serves what is in the files, and says what is wrong with them', async () => {
  await using folder = await PluginFolder.of({ 'plugins/notes/index.ts': saying("'noted'", { id: 'notes' }) })
  const before = process.cwd()
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  process.chdir(folder.path)
  try {
    const options = { from: import.meta.url }
    await using host = new PluginHost({ strategies: [scalarFnHandoff()] })
    await using watch = watchPlugin(host, 'plugins/notes', {
      load: options,
      observer: (event) => { if (event.type === 'failed') console.error(`${event.step}: ${event.error}`) },
    })
    await watch.settled()                                         // the plugin serves, or was said not to
    expect(host.plugin('notes')).toEqual({ id: 'notes', generation: 0 })
    await folder.write({ 'plugins/notes/index.ts': 'export default = 1' })
    await vi.waitFor(() => { expect(error).toHaveBeenCalledWith(expect.stringMatching(/^load: LoadError: SYNTAX/)) }, 60_000)
  } finally {
    process.chdir(before)
    error.mockRestore()
  }
})
