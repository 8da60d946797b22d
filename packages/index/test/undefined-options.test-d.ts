import { expectTypeOf, test } from 'vitest'
import type { CanaryOptions, IndexHandle, IndexHandoffOptions, IndexSample } from '@uni/reload-index'
import type { IndexCapabilities, IndexConformanceOptions, WriteIndexGoldenOptions } from '@uni/reload-index/testing'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<CanaryOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<IndexHandoffOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<IndexHandle, 'supportsFilter' | 'snapshot'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<IndexSample>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<IndexCapabilities>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<IndexConformanceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<WriteIndexGoldenOptions>>().toEqualTypeOf<never>()
})
