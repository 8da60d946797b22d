import type { LogicalTypeProvider } from '@uni/reload-logical-type'
import { logicalType } from '@uni/reload-logical-type'
import { runLogicalTypeConformance } from '@uni/reload-logical-type/testing'
import { describe, test } from 'vitest'
import { geoEntry as entry } from '../../src/plugins/geo/entry.js'
import { providerOf } from '../plugins/support/providers.js'
import { goldenFiles } from './support/golden-files.js'

const golden = await goldenFiles('geo')
const v1 = (): LogicalTypeProvider => providerOf(entry.v1(), logicalType)
const v2 = (): LogicalTypeProvider => providerOf(entry.v2(), logicalType)

describe('geo.point 1.0.0 keeps the rules of a logical type', () => {
  runLogicalTypeConformance({ test, make: v1, capabilities: { displayIsLiteral: true, refuses: [''] }, golden })
})

describe('geo.point 2.0.0 keeps the rules of a logical type', () => {
  runLogicalTypeConformance({
    test,
    make: v2,
    golden,
    capabilities: {
      displayIsLiteral: true,
      refuses: [''],
      upgradesFrom: [{ version: '1.0.0', make: v1, wayBack: true }],
    },
  })
})
