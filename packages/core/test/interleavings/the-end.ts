import { contentBreach } from './content.js'
import { checkKept } from './finalization.js'
import { add, PLAIN, reload } from './operations.js'
import type { BakeGiven } from './bake-given.js'
import { checkProgress } from './progress.js'
import { attach, deliver, write } from './resources.js'
import { TIMEOUT_MS } from './timing.js'
import { GUEST, ID_THAT_DEPENDS, kindOf, KINDS, ORDINARY, PLUGIN_IDS, SHARED, type ResourceId } from './version-data.js'
import type { World } from './world.js'

/** A period that is not over when the host is closed. */
const LAST_BAKE: BakeGiven = { ms: 1_000, everyMs: 1_000, answers: ['no'], prompt: true, breaks: undefined }

/**
 * Every deadline has passed after so many of the longest ones, one after another: steps, their rollbacks, the calls
 * inside.
 */
const LONG_ENOUGH = 24

/**
 * What has to hold when everybody has gone: every call has ended, though plugins still hang (I8); what serves can be
 * used and reloaded (I3, I10); and once the host is closed nothing is left (I7, I12).
 */
export async function end(world: World): Promise<void> {
  await world.idle()
  checkProgress(world)
  await letGo(world)
  await getOut(world)
  await useEverything(world)
  await reloadEverything(world)
  await close(world)
}

/** Nobody holds a lease, and time passes; only then do the calls that hang go on. */
async function letGo(world: World): Promise<void> {
  world.calls.disarm()
  for (let at = 0; at < LONG_ENOUGH; at += 1) {
    for (const { lease } of world.leases.splice(0)) lease[Symbol.dispose]()
    await world.idle()
    // Whoever has waited for a fence to come down holds a lease now.
    if (world.model.operations.size + world.model.tasks.size + world.leases.length === 0) break
    await world.pass(TIMEOUT_MS)
    await world.idle()
  }
  // A way back may have been meant to fail, and a record.
  world.calls.disarm()
  Object.assign(world.journal.failing, { committed: 0, permanent: 0 })
  const waiting = [...world.model.operations, ...world.model.tasks].map(({ kind, ids }) => `${kind} of ${[...ids]}`)
  checkKept(world)
  world.must(waiting.length === 0, () => `I8: ${waiting} has not ended, although every deadline has passed`)
  world.coverage.note(`the end: ${world.calls.hung > 0 ? 'plugins hang' : 'nothing hangs'}`)
}

/** I3, I4: a version that serves and is broken is got out, with all that was acknowledged, and only then mended. */
async function getOut(world: World): Promise<void> {
  const { model, calls, coverage } = world
  const broken = model.plugins.map(({ version }) => version).filter(({ label }) => calls.isBroken(label))
  for (const version of broken) {
    const given = { ...ORDINARY, prompt: true, shared: version.keys.includes(SHARED), major: version.major }
    void reload(world, [{ handle: world.handle(version.id), given }], { ...PLAIN, reopens: true }, 'get out')
    for (let at = 0; at < LONG_ENOUGH; at += 1) {
      await world.idle()
      if (model.operations.size === 0) break
      await world.pass(TIMEOUT_MS)
    }
    const out =
      model.operations.size === 0 &&
      model.plugins.some((now) => now.version.id === version.id && now.version.label !== version.label)
    world.must(out, () => `I3: ${version.label} is broken, and could not be got out`)
    coverage.note('the end: got out')
  }
  calls.mend()
  calls.wake()
  await world.idle()
}

/** I3, I4, I10: each resource takes one more write, a halted one among them. */
async function useEverything(world: World): Promise<void> {
  const used = [...world.live].filter(([resource, { data }]) => world.model.resources.get(resource) === data)
  const before = used.map(([, { data }]) => data.acknowledged.size)
  for (const [resource] of used) await answered(world, resource)
  used.forEach(([resource, { data }], at) => {
    world.must(
      data.acknowledged.size > (before[at] as number),
      () => `I10: ${resource} serves, and does not take a write`,
    )
  })
  world.look()
}

async function answered(world: World, resource: ResourceId): Promise<void> {
  const stream = kindOf(resource) === 'stop-and-copy'
  // A stream whose last outcome is unknown is asked first, and then delivered to.
  for (let at = world.live.get(resource)?.data.uncertain === true ? 0 : 1; at < 2; at += 1) {
    if (stream) deliver(world, resource)
    else write(world, resource)
    await world.idle()
  }
}

/** I3: whatever went wrong, the next reload works, and so does the next install. */
async function reloadEverything(world: World): Promise<void> {
  const { model, coverage } = world
  for (const id of PLUGIN_IDS) {
    const installed = model.plugins.find(({ version }) => version.id === id)
    if (installed === undefined && id === ID_THAT_DEPENDS) continue
    const given = { ...ORDINARY, prompt: true, shared: installed?.version.keys.includes(SHARED) ?? false }
    await world.expect(
      installed
        ? reload(world, [{ handle: world.handle(id), given }], { ...PLAIN, bake: LAST_BAKE }, 'last reload')
        : add(world, [{ id, given }]),
      `the last reload of ${id}`,
    )
    const now = model.plugins.find(({ version }) => version.id === id)?.version.keys
    world.must(
      now !== undefined && KINDS.every((kind) => now.includes(`${kind}/${id}`)),
      () => `I3: ${id} could not be ${installed ? 'reloaded' : 'installed'} afterwards`,
    )
  }
  coverage.note('the end: reloaded')
}

async function close(world: World): Promise<void> {
  world.look()
  for (const [resource, { data }] of world.live) {
    const serving = world.model.resources.get(resource) === data
    const store = world.serving.get(resource)
    const open = store !== undefined && store.closeCalls === 0
    const breach = serving ? (open ? contentBreach(data, store.entries) : 'serves nowhere') : undefined
    world.must(breach === undefined, () => `I4: in the end ${resource} ${breach}`)
  }
  world.closed = true
  await world.expect(world.host[Symbol.asyncDispose](), 'closing the host')
  leaveNothing(world)
  world.look()
}

function leaveNothing(world: World): void {
  for (const {
    data: { label },
    stores,
    calls,
    initialized,
    begun,
    ended,
    providers,
  } of world.plugins.values()) {
    for (const { owner, closeCalls } of stores)
      world.must(closeCalls === 1, () => `I7: in the end ${owner.resource} of ${label} was closed ${closeCalls} times`)
    world.must(
      calls.shutdown === initialized && initialized <= 1 && calls.register <= 1,
      () => `I7: in the end ${label} was initialized ${initialized} times, and shut down ${calls.shutdown} times`,
    )
    world.must(
      ended.toSorted((one, other) => one - other).join() === begun.join(),
      () => `O18: in the end ${label} had ${begun} to end, and ${ended} were ended`,
    )
    for (const image of providers.flatMap(({ images }) => images))
      world.must(
        image.discarded === 1,
        () => `I12: in the end an image of ${label} was discarded ${image.discarded} times`,
      )
  }
  world.must(world.told.size === 0, () => `A4: in the end strategies were not told that ${[...world.told.keys()]} went`)
  world.must(world.clock.pending === 0, () => `I12: in the end ${world.clock.pending} timers are pending`)
  const left = [...world.host.plugins().map(({ id }) => id), ...world.host.resources().map(({ name }) => name)]
  world.must(left.length === 0, () => `I12: in the end the host lists ${left}`)
}

export interface Scene {
  /**
   * Whether somebody provides the shared key, and whether somebody needs another plugin; if not, it can be raced for.
   */
  readonly shared: boolean
  readonly dependent: boolean
  /** Whether a journal takes its time over every operation. */
  readonly journaled: boolean
}

/** What plugins have the host open from the start; the rest is attached, or comes later. */
const OPENED_FIRST: readonly ResourceId[] = ['clean/b', 'stop-and-copy/b', 'pre-copy/c', GUEST]

/** Something to begin with, so that a short sequence is about something too. */
export async function setTheScene(world: World, { shared, dependent, journaled }: Scene): Promise<void> {
  const first = PLUGIN_IDS.filter((id) => id !== ID_THAT_DEPENDS || dependent).map((id) => ({
    id,
    given: { ...ORDINARY, shared: shared && id === 'b', opens: OPENED_FIRST },
  }))
  // As a host is started after a crash, or one after the other.
  if (journaled) await world.expect(add(world, first.toReversed()), 'the first install')
  else for (const fresh of first) await world.expect(add(world, [fresh]), `the first install of ${fresh.id}`)
  for (const resource of ['clean/a', 'pre-copy/a', 'stop-and-copy/a', 'pre-copy/b', SHARED, 'stop-and-copy/c'] as const)
    attach(world, resource)
  await world.idle()
}
