// A realm as Safari's: core is loaded when `Symbol` has neither `dispose` nor `asyncDispose`. They cannot be deleted, so
// the global is replaced.
import assert from 'node:assert/strict'

const { dispose: _, asyncDispose: __, ...members } = Object.getOwnPropertyDescriptors(Symbol)
delete members.prototype
const Bare = function (description) {
  return original(description)
}
const original = Symbol
globalThis.Symbol = Object.defineProperties(Bare, { ...members, name: { value: 'Symbol' } })
Bare.prototype = original.prototype
assert.equal(Symbol.dispose, undefined)
assert.equal(Symbol.asyncDispose, undefined)

const { ASYNC_DISPOSE, DISPOSE, PluginHost, defineSurface, cleanHandoff } = await import('@uni/reload-core')
const { backgroundJob, backgroundJobHandoff, runJob } = await import('@uni/reload-core/surfaces')

const notes = defineSurface({
  id: 'notes',
  keyOf: ({ key }) => key,
  apply: (note, line) => void note.lines.push(line),
})
const closed = []
const plugin = (version) => ({
  manifest: { id: 'notes', version },
  register(registrar) {
    registrar.provide(notes, { key: 'notes', open: () => ({ version, lines: [] }) })
    registrar.provide(backgroundJob, { name: 'job', run: () => version })
  },
})

const host = new PluginHost({
  strategies: [
    cleanHandoff(notes, {
      medium: 'shared',
      open: (provider) => provider.open(),
      close: (note) => void closed.push(note.version),
    }),
    backgroundJobHandoff(),
  ],
})
const handle = await host.add(plugin('1.0.0'))
const note = await host.attach(notes, { name: 'note', key: 'notes', open: (provider) => provider.open() })
await note.write('first')
const lease = host.capture()
const { finalized } = await host.reload(handle, plugin('2.0.0'))
const before = lease.resource(notes, 'note').version
const after = host.run((later) => later.resource(notes, 'note').version)
const ran = await runJob(host, 'job', { input: 1, id: '1', attempt: 1 })
lease[DISPOSE]()
const { status } = await finalized
await host[ASYNC_DISPOSE]()
console.log(
  JSON.stringify({
    before,
    after,
    ran,
    status,
    closed,
    keys: [DISPOSE === Symbol.for('Symbol.dispose'), ASYNC_DISPOSE === Symbol.for('Symbol.asyncDispose')],
    added: Object.getOwnPropertyNames(Symbol).filter((name) => /dispose/iu.test(name)),
  }),
)
