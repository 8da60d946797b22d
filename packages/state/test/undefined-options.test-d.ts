import { expectTypeOf, test } from 'vitest'
import type { HubOptions, PerKeyOptions, TimerOptions, TimersOptions } from '@uni/reload-state'
import type { ConnectionsConformance, MemoryConformance, TimersConformance } from '@uni/reload-state/testing'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<HubOptions<unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<PerKeyOptions<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<TimerOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<TimersOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ConnectionsConformance<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<MemoryConformance<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<TimersConformance<unknown>>>().toEqualTypeOf<never>()
})
