import type { LogicalTypeProvider } from '@uni/reload-logical-type'
import { Int64 } from 'apache-arrow'
import { test } from 'vitest'

const money = (): LogicalTypeProvider => ({
  name: 'acme.money', arrowType: new Int64(), toDisplay: String, samples: () => ['0', '1250'],
  fromLiteral(text) {
    if (!/^-?\d{1,18}$/.test(text)) throw new SyntaxError(`no amount: ${text}`)
    return BigInt(text)
  },
})

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { runLogicalTypeConformance, writeLogicalTypeGolden } from '@uni/reload-logical-type/testing'

for (const { name, bytes } of writeLogicalTypeGolden(money(), { version: '1.0.0' })) writeFileSync(`golden/${name}`, bytes)

const golden = readdirSync('golden').map((name) => ({ name, bytes: readFileSync(`golden/${name}`) }))
runLogicalTypeConformance({ test, make: money, golden })
