import type { AdminOptions, WritingOptions } from '@uni/reload-admin'
import type { PluginLoaderOptions } from '@uni/reload-admin/node'
import { expectTypeOf, test } from 'vitest'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<AdminOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<WritingOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<PluginLoaderOptions>>().toEqualTypeOf<never>()
})
