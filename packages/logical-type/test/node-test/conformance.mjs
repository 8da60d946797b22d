import { test } from 'node:test'
import { runLogicalTypeConformance } from '@uni/reload-logical-type/testing'
import { Int64 } from 'apache-arrow'

const money = () => ({
  name: 'acme.money',
  arrowType: new Int64(),
  metadata: '{"currency":"EUR"}',
  fromLiteral(text) {
    if (!/^-?\d{1,16}\.\d\d$/.test(text)) throw new SyntaxError(`no amount: ${text}`)
    return BigInt(text.replace('.', ''))
  },
  toDisplay(cents) {
    if (typeof cents !== 'bigint') throw new TypeError('an amount is a bigint')
    return `${cents < 0n ? '-' : ''}${String(cents < 0n ? -cents : cents).padStart(3, '0').replace(/(..)$/, '.$1')}`
  },
  samples: () => ['0.00', '12.50', '-0.01'],
})

runLogicalTypeConformance({ test, make: money, capabilities: { displayIsLiteral: true, refuses: ['', '1', '1.5'] } })
