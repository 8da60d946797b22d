import { observe } from './observe.js'
import { observeKept } from './observe-bake.js'
import { wholeTurn } from './timing.js'
import { kindOf } from './version-data.js'
import type { WatchedPlugin, WatchedProvider, WatchedStore } from './watched.js'
import type { World } from './world.js'

/** I3: of what is moved by stopping it, the next owner is opened when the one before has been stopped. */
export function observeOpening(world: World, { resource, data }: WatchedProvider): void {
  if (kindOf(resource) !== 'stop-and-copy' || world.model.left.has(resource)) return
  const stopping = [...world.calls.pending]
    .filter(({ kind, method }) => kind === 'stop-and-copy' && method === 'close')
    .map(({ caller }) => caller.label)
  const owners = [...world.plugins.values()]
    .flatMap(({ stores }) => stores)
    .filter(
      ({ owner, closeCalls }) =>
        owner.resource === resource &&
        (closeCalls === 0 || stopping.includes(owner.data.label)) &&
        !world.late.has(owner.data.id),
    )
  world.must(
    owners.length === 0,
    () => `I3: ${resource} is opened by ${data.label}, and ${owners.map(({ owner }) => owner.data.label)} has it`,
  )
}

export function observeClosing(world: World, store: WatchedStore): void {
  const { resource, data } = store.owner
  world.must(store.closeCalls === 1, () => `I7: ${resource} of ${data.label} was closed ${store.closeCalls} times`)
  observeKept(world, data.label, store)
  if (kindOf(resource) === 'stop-and-copy') return
  const holders = world.leases.filter(
    (held) =>
      !held.lease.signal.aborted &&
      (held.store === store || [...(held.view?.resources.values() ?? [])].includes(store)),
  )
  world.must(
    holders.length === 0,
    () => `I7: ${resource} of ${data.label} was closed under ${holders.map(({ label }) => label)}`,
  )
}

function mustBeOutOfReach(world: World, label: string, what: string): void {
  const serves = !world.closed && world.model.plugins.some(({ version }) => version.label === label)
  world.must(!serves, () => `I7: ${label} ${what} while it serves`)
  const holders = world.leases.filter(({ lease, reaches }) => !lease.signal.aborted && reaches.has(label))
  world.must(holders.length === 0, () => `I7: ${label} ${what} under ${holders.map((held) => held.label)}`)
}

export function observeDisposal(world: World, { data: { label } }: WatchedPlugin, lifetime: AbortSignal): void {
  world.must(lifetime.aborted, () => `O18: what ${label} had to end was ended before its lifetime`)
  observeKept(world, label)
  mustBeOutOfReach(world, label, 'was disposed of')
}

export function observeShutdown(world: World, plugin: WatchedPlugin): void {
  const {
    data: { label },
    calls,
    initialized,
  } = plugin
  observeKept(world, label)
  observe(world)
  world.must(
    calls.shutdown === 1 && initialized === 1,
    () => `I7: ${label} was shut down ${calls.shutdown} times after ${initialized} init`,
  )
  mustBeOutOfReach(world, label, 'was shut down')
  const checkClosed = (): void => {
    const opening = [...world.calls.pending].some(({ caller, method }) => caller.label === label && method === 'open')
    const open = plugin.stores.filter(({ closeCalls }) => closeCalls === 0)
    world.must(
      opening || open.length === 0,
      () => `I7: ${label} was shut down before its ${open.map(({ owner }) => owner.resource)} was closed`,
    )
  }
  // What an open that was given up on has opened after all, right now, is closed within this turn of the event loop.
  if (world.troubled.has(plugin.data.id)) void wholeTurn().then(checkClosed)
  else checkClosed()
}
