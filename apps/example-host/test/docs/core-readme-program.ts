import { PluginHost, type Plugin } from '@uni/reload-core'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'

const greeter = (version: string, greeting: string): Plugin => ({
  manifest: { id: 'greeter', version },
  register: (registrar) => { registrar.provide(scalarFn, { name: 'greet', call: (name) => `${greeting}, ${String(name)}` }) },
})

await using host = new PluginHost({ strategies: [scalarFnHandoff()] })
const handle = await host.add(greeter('1.0.0', 'Hello'))

using lease = host.capture({ label: 'a long request' })
const { finalized } = await host.reload(handle, greeter('2.0.0', 'Good day'))

console.log(lease.get(scalarFn, 'greet').call('Ada'))           // Hello, Ada: this lease goes on with what it captured
console.log(host.run((later) => later.get(scalarFn, 'greet').call('Ada')))  // Good day, Ada
lease[Symbol.dispose]()
console.log((await finalized).status)                           // finalized: nothing holds version 1 any more
