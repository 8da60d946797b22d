import { expectTypeOf, test } from 'vitest'
import type { LogicalTypeHandoffOptions } from '@uni/reload-logical-type'
import type {
  LogicalTypeCapabilities,
  LogicalTypeConformance,
  WriteLogicalTypeGoldenOptions,
} from '@uni/reload-logical-type/testing'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<LogicalTypeHandoffOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<LogicalTypeCapabilities>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<LogicalTypeConformance>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<WriteLogicalTypeGoldenOptions>>().toEqualTypeOf<never>()
})
