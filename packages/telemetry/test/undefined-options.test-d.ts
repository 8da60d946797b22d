import type { MeterOptions, TraceOptions } from '@uni/reload-telemetry/opentelemetry'
import type { PrometheusOptions } from '@uni/reload-telemetry/prometheus'
import { expectTypeOf, test } from 'vitest'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<MeterOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<TraceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<PrometheusOptions>>().toEqualTypeOf<never>()
})
