import type { HandoffStrategy } from '@uni/reload-core'
import { logicalType, type LogicalTypeProvider } from './contract.js'
import { judge } from './judge.js'
import { observe } from './observe.js'
import { ProviderCalls } from './provider-calls.js'
import { RememberedLogicalType } from './remembered-type.js'
import { SAMPLE_LIMIT } from './samples.js'

export interface LogicalTypeHandoffOptions {
  /** How many of the old version's samples the new one is held to. Default 256; what is left out is reported. */
  sampleLimit?: number
}

/**
 * The discipline of logical types: stored columns outlive the code that wrote them, so the Arrow extension contract must
 * be unchanged and the old version's samples must mean what they meant. A difference is a hard error, unless the new
 * version asks to migrate and its `castFrom` carries every sample over. A removed type is remembered as plain data.
 *
 * @throws RangeError where `sampleLimit` is not a positive integer.
 */
export function logicalTypeHandoff({ sampleLimit = SAMPLE_LIMIT }: LogicalTypeHandoffOptions = {}): HandoffStrategy<LogicalTypeProvider> {
  if (!Number.isInteger(sampleLimit) || sampleLimit < 1) throw new RangeError(`sampleLimit: expected a positive integer, found ${sampleLimit}`)
  return {
    surface: logicalType,
    discipline: 'contract',
    async checkCompat({ old, next }, ctx) {
      const calls = new ProviderCalls(ctx)
      return judge(await observe(old, sampleLimit, calls), old, next, calls)
    },
    remember: async (provider, ctx) => new RememberedLogicalType(await observe(provider, sampleLimit, new ProviderCalls(ctx))),
  }
}
