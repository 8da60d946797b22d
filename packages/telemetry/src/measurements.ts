import { ReloadError, type PluginHost, type ReloadEvent } from '@uni/reload-core'
import { pluginId } from './plugin-id.js'

/** How a reload ended: `failed` where nothing has changed, `taken_back` where the version before it serves again. */
type Outcome = 'committed' | 'dry_run' | 'failed' | 'taken_back'

/** What is measured of reloads. Times in seconds. */
export type Measurement =
  | { readonly of: 'reloads'; readonly outcome: Outcome }
  | { readonly of: 'reload'; readonly plugin: string; readonly outcome: Outcome; readonly seconds: number }
  | { readonly of: 'write-pause' | 'event-loop-block' | 'drain'; readonly plugin: string; readonly seconds: number }

/** What an event adds to the measurements: nothing, for most. An install and a removal are no reloads. */
export function measurementsOf(event: ReloadEvent): readonly Measurement[] {
  switch (event.type) {
    case 'reported':
      return event.kind === 'reload' || event.kind === 'take-back' ? ofReports(event, outcomeOf(event)) : NONE
    case 'failed':
      return event.kind === 'reload' || event.kind === 'take-back' ? ofFailure(event) : NONE
    case 'phase-ended':
      if (event.phase !== 'drain') return NONE
      return event.plugins.map((label) => ({ of: 'drain', plugin: pluginId(label), seconds: event.ms / 1000 }))
    default:
      return NONE
  }
}

const NONE: readonly Measurement[] = Object.freeze([])

function outcomeOf({ kind, outcome }: Extract<ReloadEvent, { type: 'reported' }>): Outcome {
  if (outcome === 'dry-run') return 'dry_run'
  return kind === 'take-back' ? 'taken_back' : 'committed'
}

function ofReports({ reports }: Extract<ReloadEvent, { type: 'reported' }>, outcome: Outcome): readonly Measurement[] {
  return [
    { of: 'reloads', outcome },
    ...reports.flatMap(({ plugin, totalMs, pauseMs, blockedMs }): Measurement[] => [
      { of: 'reload', plugin, outcome, seconds: totalMs / 1000 },
      { of: 'write-pause', plugin, seconds: pauseMs / 1000 },
      { of: 'event-loop-block', plugin, seconds: blockedMs / 1000 },
    ]),
  ]
}

function ofFailure({ plugins, error }: Extract<ReloadEvent, { type: 'failed' }>): readonly Measurement[] {
  const outcome = 'failed'
  // One that was refused before it began has no report.
  const report = ReloadError.is(error) ? error.report : undefined
  return [
    { of: 'reloads', outcome },
    ...plugins
      .map(pluginId)
      .flatMap((plugin): Measurement[] => [
        { of: 'reload', plugin, outcome, seconds: (report?.totalMs ?? 0) / 1000 },
        ...(report === undefined
          ? []
          : [
              { of: 'write-pause', plugin, seconds: report.pauseMs / 1000 } as const,
              { of: 'event-loop-block', plugin, seconds: report.blockedMs / 1000 } as const,
            ]),
      ]),
  ]
}

/** Versions that were replaced or removed, and are still held by leases. */
export function retiredVersions(host: Pick<PluginHost, 'plugins'>): number {
  return host.plugins().filter(({ state }) => state === 'retired').length
}

/** Live resources that do not serve, by why. */
export function resourcesOutOfService(host: Pick<PluginHost, 'resources'>): { halted: number; stuck: number } {
  const resources = host.resources()
  const count = (wanted: 'halted' | 'stuck'): number => resources.filter(({ state }) => state === wanted).length
  return { halted: count('halted'), stuck: count('stuck') }
}
