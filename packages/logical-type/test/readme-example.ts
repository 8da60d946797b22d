import { PluginHost, ReloadError, type Plugin } from '@uni/reload-core'
import { logicalType, logicalTypeHandoff, type LogicalTypeProvider } from '@uni/reload-logical-type'
import { Int64 } from 'apache-arrow'

const money: LogicalTypeProvider = {
  name: 'acme.money',
  arrowType: new Int64(),
  metadata: '{"currency":"EUR"}',
  fromLiteral(text) {
    if (!/^-?\d{1,16}\.\d\d$/.test(text)) throw new SyntaxError(`no amount: ${text}`) // at most 18 digits: less than 64 bits
    return BigInt(text.replace('.', ''))
  },
  toDisplay(cents) {
    if (typeof cents !== 'bigint') throw new TypeError('an amount is a bigint')
    return `${cents < 0n ? '-' : ''}${String(cents < 0n ? -cents : cents).padStart(3, '0').replace(/(..)$/, '.$1')}`
  },
  samples: () => ['0.00', '12.50', '-0.01'],
}
const plugin = (version: string, type: LogicalTypeProvider): Plugin => ({
  manifest: { id: 'accounting', version },
  register: (registrar) => { registrar.provide(logicalType, type) },
})

const host = new PluginHost({ strategies: [logicalTypeHandoff()] })
const handle = await host.add(plugin('1.0.0', money))

try {
  await host.reload(handle, plugin('2.0.0', { ...money, metadata: '{"currency":"USD"}' }))
} catch (error) {
  console.log(ReloadError.is(error) && error.message)
  // SCHEMA_INCOMPAT (…): … the contract changed: metadata.currency: "EUR" → "USD". The old version goes on serving. …
}
console.log(host.run((lease) => lease.get(logicalType, 'acme.money').toDisplay(1250n))) // 12.50
