import { expectTypeOf, test } from 'vitest'
import type { CrdtHandoffOptions, CrdtSample, CrdtState, OpenStoredOptions } from '@uni/reload-crdt'
import type { CrdtCapabilities, CrdtConformanceOptions, WriteGoldenOptions } from '@uni/reload-crdt/testing'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<CrdtHandoffOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<OpenStoredOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<CrdtState, 'values'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<CrdtSample, 'late'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CrdtCapabilities>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CrdtConformanceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<WriteGoldenOptions>>().toEqualTypeOf<never>()
})
