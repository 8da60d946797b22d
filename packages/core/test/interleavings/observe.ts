import type { PluginStatus } from '@uni/reload-core'
import { STORES } from '../fixtures/store.js'
import { contentBreach } from './content.js'
import { explain } from './explain.js'
import { noteTaskCauses } from './causes.js'
import { compareReturned, compareStatuses } from './kept.js'
import { ownerOf } from './model.js'
import { compareTold } from './told-of-commits.js'
import { KINDS, kindOf, nameOf, RESOURCES, SHARED, type ResourceId } from './version-data.js'
import { look, sameProviders, sameView, type View } from './view.js'
import type { WatchedProvider, WatchedStore } from './watched.js'
import type { HeldLease, World } from './world.js'

/** Resources by the id of their surface and by name. */
const NAMES = new Map(
  KINDS.map((kind) => [
    STORES[kind].id,
    new Map(RESOURCES.filter((resource) => kindOf(resource) === kind).map((resource) => [nameOf(resource), resource])),
  ]),
)
const describe = ({ id, version, generation }: Pick<PluginStatus, 'id' | 'version' | 'generation'>): string =>
  `${id}@${version} of generation ${generation}`

/** Looks at the host from outside, and holds it to the model: at any moment of any operation. */
export function observe(world: World): void {
  if (world.closed) return
  const { host, model } = world
  const statuses = host.plugins()
  const active = statuses.filter(({ state }) => state !== 'retired')
  const present = new Set(host.resources().map(({ surface, name }) => NAMES.get(surface)?.get(name) ?? SHARED))
  explain(world, new Map(active.map(({ id, version }) => [id, `${id}@${version}`])), present)

  const same =
    active.length === model.plugins.length &&
    model.plugins.every(({ version, generation }, at) => {
      const seen = active[at]
      return seen?.id === version.id && seen.version === version.number && seen.generation === generation
    })
  world.must(
    same,
    () =>
      `I3: the host lists ${active.map(describe)}, and should list ${model.plugins.map(({ version, generation }) => describe({ id: version.id, version: version.number, generation }))}`,
  )
  world.must(
    present.size === model.resources.size,
    () => `I3: the host has the resources ${[...present]}, and should have ${[...model.resources.keys()]}`,
  )

  // I2: whatever is going on, a capture is neither refused nor delayed.
  using lease = host.capture({ label: 'observer' })
  const view = look(lease, present)
  world.must(
    view.resources.size === present.size,
    () => `I1: ${[...present]} are listed, and ${[...view.resources.keys()]} are served`,
  )
  compareView(world, view)
  compareTold(world)
  compareStatuses(world, statuses)
  compareReturned(world, view)
  for (const held of world.leases) compareLease(world, held)
  compareHolders(
    world,
    statuses.filter(({ state }) => state === 'retired'),
  )
  noteTaskCauses(world, view)
}

/** I1, I2, I4: what serves now is what the model says serves now, and holds what was acknowledged. */
export function compareView(world: World, view: View): void {
  const { model } = world
  for (const key of view.fenced)
    world.must(isFenceable(world, key), () => `I2: ${key} is fenced by no exclusive operation`)
  for (const [resource, store] of view.resources) compareResource(world, resource, store)
  // Most looks show what the last one showed.
  if (world.judged !== undefined && world.judged.revision === model.revision && sameProviders(world.judged.view, view))
    return
  world.judged = { revision: model.revision, view }
  const expected = model.plugins.flatMap(({ version }) =>
    version.keys.filter((key) => !view.fenced.has(key)).map((key) => `${version.label} ${key}`),
  )
  const found = view.providers.map(providerName)
  world.must(
    String(found.toSorted()) === String(expected.toSorted()),
    () => `I1: a capture lists ${found}, and should list ${expected}`,
  )
  // What is found one by one comes in no order.
  if (view.fenced.size === 0)
    for (const kind of KINDS)
      compareOrder(
        world,
        view.providers.filter(({ resource }) => kindOf(resource) === kind),
      )
}

const providerName = ({ data, resource }: WatchedProvider): string => `${data.label} ${resource}`

/**
 * Install order, then registration order. Among plugins that are installed at the same time it is for the host to say,
 * once.
 */
function compareOrder(world: World, providers: readonly WatchedProvider[]): void {
  const ids = [...new Set(providers.map(({ data }) => data.id))]
  const grouped = ids.flatMap((id) =>
    providers
      .filter(({ data }) => data.id === id)
      .toSorted((one, other) => one.data.keys.indexOf(one.resource) - other.data.keys.indexOf(other.resource)),
  )
  world.must(
    String(grouped.map(providerName)) === String(providers.map(providerName)),
    () => `I1: out of order: ${providers.map(providerName)}`,
  )
  ids.forEach((id, at) => {
    for (const later of ids.slice(at + 1)) {
      world.must(
        !world.model.before.has(`${later}<${id}`),
        () => `I1: ${id} is listed before ${later}, which it followed before`,
      )
      world.model.before.add(`${id}<${later}`)
    }
  })
}

function compareResource(world: World, resource: ResourceId, store: WatchedStore | 'halted' | 'fenced'): void {
  const { model } = world
  if (store === 'fenced') {
    world.must(isFenceable(world, resource), () => `I2: ${resource} is fenced by no exclusive operation`)
    return
  }
  if (store === 'halted') {
    world.serving.delete(resource)
    if (!world.halted.has(resource)) world.coverage.note('resource: halted')
    world.halted.add(resource)
    return
  }
  const owner = ownerOf(model, resource)
  world.must(
    store.owner.data.label === owner?.label,
    () => `I1: ${resource} serves from ${store.owner.data.label}, and its provider is of ${owner?.label}`,
  )
  if (store.closeCalls > 0) {
    world.must(
      isStoppable(world, resource),
      () => `I7: ${resource} of ${store.owner.data.label} was closed and still serves`,
    )
    return
  }
  world.serving.set(resource, store)
  store.servedAs.add(resource)
  const data = model.resources.get(resource)
  const breach = data && contentBreach(data, store.entries)
  world.must(breach === undefined, () => `I4: ${resource} of ${store.owner.data.label} ${breach}`)
}

function isFenceable(world: World, resource: ResourceId): boolean {
  const id = ownerOf(world.model, resource)?.id
  return [...world.model.operations].some(
    ({ changes, cutover, dryRun }) => cutover === 'exclusive' && !dryRun && changes.some((change) => change.id === id),
  )
}

/** What is moved by stopping it may be found stopped while an operation on its plugin is under way. */
function isStoppable({ model }: World, resource: ResourceId): boolean {
  const id = ownerOf(model, resource)?.id
  return [...model.operations].some(
    ({ changes, cutover }) =>
      changes.some((change) => change.id === id) && (cutover === 'exclusive' || kindOf(resource) === 'stop-and-copy'),
  )
}

/** I1, I7: a lease sees what it has seen, and nothing of it is closed unless its holder was told. */
function compareLease(world: World, held: HeldLease): void {
  const { label, lease, view, store, reaches, told } = held
  if (lease.signal.aborted) {
    held.told = true
    world.must(
      told || [...reaches].some((it) => world.forcible.has(it)),
      () => `I9: ${label} was told to end, and nobody asked for that`,
    )
  } else {
    for (const it of reaches)
      world.must(world.plugins.get(it)?.calls.shutdown === 0, () => `I7: ${it} was shut down while ${label} holds it`)
  }
  if (store !== undefined && !lease.signal.aborted)
    world.must(
      store.closeCalls === 0 || kindOf(store.owner.resource) === 'stop-and-copy',
      () => `I7, E9: ${store.owner.resource} was closed while ${label} holds it`,
    )
  if (view === undefined || !('all' in lease)) return
  world.must(
    sameView(view, look(lease, view.resources.keys())),
    () => `I1: ${label} does not see what it saw when it was captured`,
  )
  if (lease.signal.aborted) return
  for (const [resource, store] of view.resources) {
    const open = typeof store === 'string' || store.closeCalls === 0 || kindOf(resource) === 'stop-and-copy'
    world.must(open, () => `I7: ${resource} was closed while ${label} holds it`)
  }
}

/** I9: who holds a retired version is named. One that served again in between is listed once for each time. */
function compareHolders(world: World, retired: readonly PluginStatus[]): void {
  const named = new Map<string, string[]>()
  for (const { id, version, heldBy } of retired)
    named.set(`${id}@${version}`, [...(named.get(`${id}@${version}`) ?? []), ...heldBy.map(({ label }) => label)])
  for (const [retiredLabel, labels] of named) {
    // Whoever holds what it is now need not be named for what it was before.
    if (world.model.plugins.some(({ version }) => version.label === retiredLabel)) continue
    for (const { label, reaches } of world.leases) {
      world.must(
        !reaches.has(retiredLabel) || labels.includes(label),
        () => `I9: ${label} holds ${retiredLabel}, and only ${labels} are named`,
      )
    }
  }
}
