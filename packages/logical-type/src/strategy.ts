import { checkOptions, option, type HandoffStrategy } from '@uni/reload-core'
import { logicalType, type LogicalTypeProvider } from './contract.js'
import { judge } from './judge.js'
import { observe } from './observe.js'
import { ProviderCalls } from './provider-calls.js'
import { RememberedLogicalType } from './remembered-type.js'
import { SAMPLE_LIMIT } from './samples.js'

export interface LogicalTypeHandoffOptions {
  /** How many samples of the old version the new one is judged by. Default 256; the verdict names what was left out. */
  readonly sampleLimit?: number | undefined
  /**
   * Whether a type may be removed, by a reload or with its plugin. Default `refuse`, as there may be stored columns of
   * it that nothing else can read.
   */
  readonly removal?: 'refuse' | 'allow' | undefined
}

/**
 * The discipline of logical types. Stored columns outlive the code that wrote them, so the Arrow extension contract
 * must not change, and the old version's samples must mean the same. A difference is an error, unless the new version
 * declares `migrate` and its `castFrom` converts every sample. A type may be removed only where the host allows it, and
 * is then remembered as plain data.
 *
 * @throws TypeError or RangeError for options that are malformed.
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
