import type { ReloadEvent } from '@uni/reload-core'
import { observe } from './observe.js'
import { begin } from './operations.js'
import { isOn, outcomes, type Period } from './period.js'
import { text, type OperationTask } from './task.js'
import type { WatchedStore } from './watched.js'
import type { World } from './world.js'

const labels = (versions: readonly { readonly label: string }[]): string => String(versions.map(({ label }) => label))
const brought = ({ changes }: OperationTask): string => labels(changes.flatMap(({ next }) => next ?? []))

/** What the host tells while a reload can be taken back. It begins the way back by itself. */
export function observeEvent(world: World, event: ReloadEvent): void {
  if (!('plugins' in event)) return
  const { model } = world
  const plugins = String(event.plugins)
  if (event.type === 'committed') {
    const task = model.brought.get(event.plugins[0] ?? '')
    if (task !== undefined) task.number ??= event.operation
  }
  if (event.type === 'phase-started' && event.phase === 'validate' && !world.closed) {
    const period = [...model.periods].find(({ back, from }) => back === undefined && labels(from) === plugins)
    if (period !== undefined) goBack(world, period)
  }
  if (event.type !== 'baked') return
  const period = [...model.periods].find(({ task }) => brought(task) === plugins)
  if (period !== undefined) period.told = event.outcome
  observe(world)
  world.must(
    period !== undefined,
    () => `I10: ${plugins} is said to be ${event.outcome}, and nothing of it can be taken back`,
  )
  if (period !== undefined) endPeriod(world, period, event.outcome)
}

/** I10: it is taken back for a reason, and not while it is made permanent. */
function goBack(world: World, period: Period): void {
  observe(world)
  const { task, from } = period
  const { bad, wanted, superseded } = period
  world.must((bad !== undefined || wanted) && !superseded, () => `I10: ${text(task)} is taken back, and it does well`)
  world.must(
    !world.journal.isAppending(task.number),
    () => `I10: ${text(task)} is taken back while it is made permanent`,
  )
  period.back = begin(
    world,
    'way back',
    from.map((version) => ({ id: version.id, next: version })),
    { ...task, dryRun: false, bake: undefined, reopens: false },
  )
  observe(world)
}

function endPeriod(world: World, period: Period, outcome: string): void {
  const may = world.closed ? ['superseded'] : outcomes(period)
  world.must(
    may.includes(outcome),
    () => `I10: the period of ${text(period.task)} ended ${outcome}, and may end ${may}`,
  )
  world.coverage.note(`bake: ${world.closed ? 'the host was closed' : outcome}`)
  world.model.periods.delete(period)
  if (outcome === 'taken-back') noteReturned(world, period)
  if (period.back !== undefined) world.model.operations.delete(period.back)
}

function noteReturned({ leases }: World, { from }: Period): void {
  for (const { reaches, returned } of leases) {
    for (const { label } of from) if (reaches.has(label)) returned.set(label, (returned.get(label) ?? 0) + 1)
  }
}

/** I7: what is kept is neither closed nor shut down before the period is over. */
export function observeKept(world: World, label: string, store?: WatchedStore): void {
  if (world.closed) return
  const periods = [...world.model.periods].filter(({ from, kept }) =>
    store === undefined ? from.some((it) => it.label === label) : [...kept.values()].some((it) => it.store === store),
  )
  if (periods.length === 0) return
  observe(world)
  for (const period of periods)
    world.must(
      !isOn(period),
      () => `I7: ${store?.owner.resource ?? ''} of ${label} ended, and ${text(period.task)} can still be taken back`,
    )
}
