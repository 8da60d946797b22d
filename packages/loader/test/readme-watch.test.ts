import { PluginHost } from '@uni/reload-core'
import { scalarFnHandoff } from '@uni/reload-core/surfaces'
import { watchPlugin, watchResidue } from '@uni/reload-loader'
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

it('the watch of the README looks for what is left behind', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const kept: NodeJS.Timeout[] = []
  Object.assign(globalThis, { uniTestKept: kept })
  const more = 'init() { uniTestKept.push(setInterval(() => {}, 1_000)) },'
  await using folder = await PluginFolder.of({ 'plugins/notes/index.ts': saying("'noted'", { id: 'notes', more }) })
  const before = process.cwd()
  process.chdir(folder.path)
  try {
    const options = { from: import.meta.url }
    const host = new PluginHost({ strategies: [scalarFnHandoff()] })
    using residue = watchResidue()                                // warns of each, with the lines of the source that made it
    await using watch = watchPlugin(host, 'plugins/notes', { load: options, residue })
    await watch.settled()
    await host[Symbol.asyncDispose]()
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('has left an interval of 1000 ms behind'), 'ResidueWarning')
  } finally {
    for (const timer of kept) clearInterval(timer)
    process.chdir(before)
    warn.mockRestore()
  }
})
