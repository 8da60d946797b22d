import { checkOptions, option, type HandoffStrategy } from '@uni/reload-core'
import { logicalType, type LogicalTypeProvider } from './contract.js'
import { judge } from './judge.js'
import { observe } from './observe.js'
import { ProviderCalls } from './provider-calls.js'
import { RememberedLogicalType } from './remembered-type.js'
import { SAMPLE_LIMIT } from './samples.js'

export interface LogicalTypeHandoffOptions {
  /** How many of the old version's samples the new one is held to. Default 256; what is left out is reported. */
  readonly sampleLimit?: number | undefined
  /**
   * Whether a type may go, in a reload or with its plugin. Default `refuse`: columns of it may be stored, and nothing
   * else reads them.
   */
  readonly removal?: 'refuse' | 'allow' | undefined
}

/**
 * The discipline of logical types: stored columns outlive the code that wrote them, so the Arrow extension contract
 * must be unchanged and the old version's samples must mean what they meant. A difference is a hard error, unless the
 * new version asks to migrate and its `castFrom` carries every sample over. A type may go only where the host allows
 * it, and is then remembered as plain data.
 *
 * @throws TypeError or RangeError for options that are not of their form.
 */
export function logicalTypeHandoff(options: LogicalTypeHandoffOptions = {}): HandoffStrategy<LogicalTypeProvider> {
  const { sampleLimit = SAMPLE_LIMIT, removal = 'refuse' } = checkOptions<LogicalTypeHandoffOptions>(
    options,
    'logicalTypeHandoff options',
    {
      sampleLimit: option.count(1),
      removal: option.oneOf('refuse', 'allow'),
    },
  )
  return {
    surface: logicalType,
    discipline: 'contract',
    async checkCompat({ old, next }, ctx) {
      const calls = new ProviderCalls(ctx)
      return judge(await observe(old, sampleLimit, calls), old, next, calls)
    },
    ...(removal === 'refuse' && { checkRemoval: () => NOT_REMOVED }),
    remember: async (provider, ctx) =>
      new RememberedLogicalType(await observe(provider, sampleLimit, new ProviderCalls(ctx))),
  }
}

const NOT_REMOVED = {
  level: 'incompatible',
  reason:
    'nothing would read stored columns of the type any more. If there are none, say so by logicalTypeHandoff({ ' +
    "removal: 'allow' })",
} as const
