import { Float64, Utf8 } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import {
  runLogicalTypeConformance,
  writeLogicalTypeGolden,
  type LogicalTypeCapabilities,
} from '../../src/testing/index.js'
import { goldenFilesOf } from '../golden-files.js'
import { KEPT } from '../types/all.js'
import { uuid } from '../types/canonical.js'
import { moneyV1 } from '../types/money.js'

/** The version before, with other samples. */
const uuidBefore = (): ReturnType<typeof uuid> => ({
  ...uuid(),
  samples: () => ['00000000-0000-0000-0000-000000000001'],
})

const CAPABILITIES: Readonly<Record<string, LogicalTypeCapabilities>> = {
  'acme.money': {
    displayIsLiteral: true,
    refuses: ['', '1', '1.0', '1.000', ' 1.00', '92233720368547758.08'],
    castsTo: [new Utf8(), new Float64()],
    upgradesFrom: [{ version: '1.0.0', make: () => moneyV1(), level: 'migrate' }],
  },
  'arrow.uuid': {
    displayIsLiteral: true,
    refuses: ['', '{}', '0'.repeat(32)],
    upgradesFrom: [{ version: '0.9.0', make: uuidBefore, wayBack: true }],
  },
  'arrow.opaque': { displayIsLiteral: true, refuses: ['0', 'xy'] },
}

describe.each(KEPT.map(({ version, make }) => [make().name, version, make] as const))('%s', (name, version, make) => {
  const golden = goldenFilesOf(name)
  runLogicalTypeConformance({
    test,
    make,
    capabilities: CAPABILITIES[name] ?? { refuses: ['', '\0', 'nonsense'] },
    golden,
  })

  test('what the present version stores is kept', () => {
    for (const file of writeLogicalTypeGolden(make(), { version }))
      expect(golden.map((kept) => kept.name)).toContain(file.name)
  })
})
