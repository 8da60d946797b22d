import type { ProviderChange } from '@uni/reload-core'
import type { StoreDiscipline, StoreProvider } from '../fixtures/store.js'
import type { ResourceId } from './version-data.js'
import { asWatched } from './watched.js'
import type { World } from './world.js'

/** A4: each commit is told once, in order: what comes was not there, and what goes was. */
export function noteTold(world: World, kind: StoreDiscipline, change: ProviderChange<StoreProvider>): void {
  const { told } = world
  const expect = (resource: ResourceId, old: StoreProvider | undefined): void => {
    const label = old && asWatched(old).data.label
    world.must(
      told.get(resource) === label,
      () => `A4: ${resource} is said to have been ${label ?? 'nobody'}'s, and was said to be ${told.get(resource)}'s`,
    )
  }
  for (const [key, next] of change.added) {
    expect(`${kind}/${key}`, undefined)
    told.set(`${kind}/${key}`, asWatched(next).data.label)
  }
  for (const [key, { old, next }] of change.replaced) {
    expect(`${kind}/${key}`, old)
    told.set(`${kind}/${key}`, asWatched(next).data.label)
  }
  for (const [key, old] of change.removed) {
    expect(`${kind}/${key}`, old)
    told.delete(`${kind}/${key}`)
  }
}

/** A4, I1: what strategies were told by now is what serves. */
export function compareTold(world: World): void {
  const { model, told } = world
  const serving = model.plugins.flatMap(({ version: { keys, label } }) => keys.map((key) => [key, label] as const))
  world.must(
    serving.length === told.size && serving.every(([key, label]) => told.get(key) === label),
    () => `A4: strategies were told of ${named(told)}, and what serves is ${named(serving)}`,
  )
}

const named = (labels: Iterable<readonly [ResourceId, string]>): string[] =>
  Array.from(labels, ([key, label]) => `${label} ${key}`)
