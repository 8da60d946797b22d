import { expectTypeOf, test } from 'vitest'
import type {
  ConnectionsProvider,
  HubOptions,
  MemoryProvider,
  PerKeyOptions,
  TimerOptions,
  TimersOptions,
} from '@uni/reload-state'
import type { ConnectionsConformance, MemoryConformance, TimersConformance } from '@uni/reload-state/testing'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<HubOptions<unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<PerKeyOptions<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<TimerOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<TimersOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<MemoryProvider<unknown, unknown>, 'schema' | 'codec'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<Pick<ConnectionsProvider<unknown, unknown>, 'protocol'>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ConnectionsConformance<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<MemoryConformance<unknown, unknown>>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<TimersConformance<unknown>>>().toEqualTypeOf<never>()
})
