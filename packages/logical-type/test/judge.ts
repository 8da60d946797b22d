import { OldProviders, ReloadDispatcher, type CompatVerdict, type StepContext } from '@uni/reload-core'
import {
  logicalType,
  logicalTypeHandoff,
  type LogicalTypeHandoffOptions,
  type LogicalTypeProvider,
  type LogicalTypeVerdict,
} from '../src/index.js'

/** The verdict on a provider pair, as a dispatcher reports it. */
export async function verdictOn(
  old: LogicalTypeProvider,
  next: LogicalTypeProvider,
  options?: LogicalTypeHandoffOptions,
): Promise<LogicalTypeVerdict> {
  const dispatcher = new ReloadDispatcher([]).use(logicalTypeHandoff(options))
  const { entries } = await dispatcher.checkCompat(
    new OldProviders().add(logicalType, old),
    new OldProviders().add(logicalType, next),
  )
  return (entries[0] as { verdict: CompatVerdict }).verdict
}

/** What the strategy keeps of `provider`, as a host has it remembered: in the context of a running step. */
export async function remember(
  provider: LogicalTypeProvider,
  options?: LogicalTypeHandoffOptions,
): Promise<LogicalTypeProvider> {
  const strategy = logicalTypeHandoff({ removal: 'allow', ...options })
  const kept: LogicalTypeProvider[] = []
  const inStep = {
    ...strategy,
    checkCompat: async (_: unknown, ctx: StepContext) => {
      kept.push((await strategy.remember?.(provider, ctx)) as LogicalTypeProvider)
      return { level: 'compatible' as const }
    },
  }
  const view = new OldProviders().add(logicalType, provider)
  await new ReloadDispatcher([]).use(inStep).checkCompat(view, view)
  return kept[0] as LogicalTypeProvider
}
