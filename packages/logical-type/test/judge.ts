import { OldProviders, ReloadDispatcher, type CompatVerdict } from '@uni/reload-core'
import { logicalType, logicalTypeHandoff, type LogicalTypeHandoffOptions, type LogicalTypeProvider, type LogicalTypeVerdict } from '../src/index.js'

/** The verdict on a provider pair, as a dispatcher reports it. */
export async function verdictOn(old: LogicalTypeProvider, next: LogicalTypeProvider, options?: LogicalTypeHandoffOptions): Promise<LogicalTypeVerdict> {
  const dispatcher = new ReloadDispatcher([]).use(logicalTypeHandoff(options))
  const { entries } = await dispatcher.checkCompat(new OldProviders().add(logicalType, old), new OldProviders().add(logicalType, next))
  return (entries[0] as { verdict: CompatVerdict }).verdict
}
