import * as fc from 'fast-check'
import type { StoreDiscipline } from '../fixtures/store.js'
import { Act, type Command } from './act.js'
import { FAULTS, METHODS, type Fault, type Method } from './calls.js'
import { noteAbort } from './causes.js'
import { acquire, capture, captureReady, release } from './leases.js'
import { ownerOf, versionOf } from './model.js'
import { add, PLAIN, reload, remove, type OperationGiven, type Target } from './operations.js'
import { checkProgress } from './progress.js'
import { attach, deliver, detach, use, write } from './resources.js'
import { ID_DEPENDED_ON, kindOf, KINDS, ORDINARY, PLUGIN_IDS, RESOURCES, SHARED, type PluginId, type VersionGiven } from './version-data.js'
import type { World } from './world.js'

/** For each answer that is released, how many microtasks are run after it; from 12 on, all that are due. */
const pace = fc.array(fc.nat(15), { maxLength: 10, size: 'max' })
const id = fc.constantFrom(...PLUGIN_IDS)
/** What becomes of the shared key: mostly it stays where it is. */
const shares = fc.constantFrom('stays', 'stays', 'stays', 'provided', 'dropped')
const given = fc.record({
  major: rarely<1 | 2>(2, 1), shared: shares, without: rarely(fc.constantFrom(...KINDS), undefined), prompt: rarely(true, false), isolated: fc.boolean(),
})
type Given = typeof given extends fc.Arbitrary<infer T> ? T : never
const operation: fc.Arbitrary<OperationGiven> = fc.record({
  cutover: fc.constantFrom('overlap' as const, 'overlap' as const, 'exclusive' as const), onOrphan: fc.constantFrom('reject' as const, 'close' as const),
  dryRun: rarely(true, false), force: fc.boolean(),
})
const streams = fc.constantFrom(...RESOURCES.filter((resource) => kindOf(resource) === 'stop-and-copy'))
const stores = fc.constantFrom(...RESOURCES.filter((resource) => kindOf(resource) !== 'stop-and-copy'))
const resources = fc.constantFrom(...RESOURCES)
const times = fc.constantFrom(1, 1, 2)
/** Nonsense is what nothing can be made of; a method that answers nothing cannot answer nonsense. */
const faults = fc.constantFrom(...METHODS.flatMap((method) => FAULTS.filter((fault) => fault !== 'nonsense' || ['checkCompat', 'observe', 'persist', 'open'].includes(method)).map((fault): [Method, Fault] => [method, fault])))
const kind = fc.constantFrom(undefined, ...KINDS)

function rarely<T>(seldom: T | fc.Arbitrary<T>, mostly: T): fc.Arbitrary<T> {
  const unusual = fc.option(fc.constant(true), { freq: 5, nil: undefined })
  const value = isArbitrary(seldom) ? seldom : fc.constant(seldom)
  return fc.tuple(unusual, value).map(([ordinary, rare]) => ordinary === true ? mostly : rare)
}

function isArbitrary<T>(value: T | fc.Arbitrary<T>): value is fc.Arbitrary<T> {
  return value instanceof fc.Arbitrary
}

/** What fails is shrunk by leaving commands out; smaller numbers in them would tell nobody more. */
function act<T>(text: string, arbitrary: fc.Arbitrary<T>, run: (world: World, value: T) => void | Promise<unknown>, waits = false): fc.Arbitrary<Command> {
  return fc.noShrink(fc.tuple(arbitrary, pace)).map(([value, steps]) => new Act(`${text} ${fc.stringify(value)}`, steps, (world) => run(world, value), waits))
}

function versionGiven({ model }: World, id: string, { shared, ...rest }: Given): VersionGiven {
  return { ...rest, shared: shared === 'provided' || (shared === 'stays' && versionOf(model, id)?.shared === true) }
}

const reloads = act('reload', fc.tuple(id, given, operation), (world, [plugin, version, options]) =>
  reload(world, [{ handle: world.handle(plugin), given: versionGiven(world, plugin, version) }], options))

/** The caller takes his handle, and much may happen before he uses it. */
const thoughtful = act('reload later', fc.tuple(id, given, operation, fc.nat(40)), async (world, [plugin, version, options, thoughts]) => {
  const handle = world.handle(plugin)
  for (let at = 0; at <= thoughts; at += 1) await world.calls.pause(`before a reload of ${plugin}`)
  const stale = world.model.plugins.some((now) => now.version.id === plugin && now.generation !== handle.generation)
  await reload(world, [{ handle, given: versionGiven(world, plugin, version) }], options, stale ? 'reload with a handle gone stale' : 'reload')
})

const together = act('reload all', fc.tuple(fc.shuffledSubarray([...PLUGIN_IDS], { minLength: 2 }), given, operation, fc.boolean()), (world, [ids, version, options, moves]) => {
  // The shared key, with whatever lives on it, goes from its plugin to the next one, or stays where it is.
  const holder = ids.findIndex((it) => it === ownerOf(world.model, SHARED)?.id)
  const heir = moves ? (holder + 1) % ids.length : holder
  return reload(world, ids.map((it, at): Target => ({ handle: world.handle(it), given: { ...version, shared: at === heir } })), options)
})

/** Two that cannot both have what they want begin at once: the shared key, or a plugin that one needs and the other replaces. */
const races = act('race', fc.tuple(fc.shuffledSubarray([...PLUGIN_IDS], { minLength: 2, maxLength: 2 }), fc.boolean()), (world, [ids, forKey]) => {
  const breaks = (plugin: PluginId): VersionGiven => ({ ...ORDINARY, shared: forKey, major: !forKey && plugin === ID_DEPENDED_ON ? 2 : 1 })
  return Promise.all(ids.map((plugin) => versionOf(world.model, plugin) === undefined
    ? add(world, plugin, breaks(plugin)) : reload(world, [{ handle: world.handle(plugin), given: breaks(plugin) }], PLAIN)))
})

const inside = act('from inside', fc.tuple(id, fc.constantFrom(...METHODS), kind, operation, fc.boolean()), (world, [plugin, method, about, options, awaited]) => {
  world.calls.inside({ id: plugin, method, kind: aimed(method, about) }, () => {
    const handle = world.handle(plugin)
    const shared = versionOf(world.model, plugin)?.shared ?? false
    const asked = reload(world, [{ handle, given: { ...ORDINARY, shared } }], options, 'reload from inside')
    world.coverage.note(`asked from inside: ${method}`)
    return awaited ? asked : undefined
  })
})

const fails = act('fail', fc.tuple(id, kind, faults, times), (world, [plugin, about, [method, fault], count]) => {
  for (let at = 0; at < count; at += 1) world.calls.fail({ id: plugin, method, kind: aimed(method, about) }, fault)
})

/** Neither the new version nor the old one can start the stream again. */
const strands = act('strand', id, (world, plugin) => {
  for (let at = 0; at < 2; at += 1) world.calls.fail({ id: plugin, method: 'open', kind: 'stop-and-copy' }, 'reject')
  return reload(world, [{ handle: world.handle(plugin), given: versionGiven(world, plugin, { ...ORDINARY, shared: 'stays' }) }], PLAIN)
})

/** A call about the plugin as a whole is about no kind. */
function aimed(method: Method, about: StoreDiscipline | undefined): StoreDiscipline | undefined {
  return method === 'register' || method === 'init' || method === 'shutdown' ? undefined : about
}

const time = act('time', fc.constantFrom(90, 350, 1_100), (world, ms) => world.pass(ms), true)

const settle = act('settle', fc.constant(''), async (world) => {
  await world.idle()
  checkProgress(world)
}, true)

const all: fc.Arbitrary<Command>[] = [
  reloads, reloads, reloads, thoughtful, together, inside, inside, settle, settle, time, time,
  act('add', fc.tuple(id, given), (world, [plugin, version]) => add(world, plugin, versionGiven(world, plugin, version))),
  act('remove', fc.tuple(id, operation), (world, [plugin, options]) => remove(world, world.handle(plugin), { ...options, dryRun: false })),
  act('capture', fc.constant(''), capture),
  act('captureReady', fc.constant(''), captureReady),
  act('acquire', resources, acquire),
  act('release', fc.nat(7), release),
  act('attach', resources, attach), act('attach', resources, attach),
  act('detach', resources, detach),
  act('write', stores, write), act('write', stores, write),
  act('deliver', streams, deliver), act('deliver', streams, deliver),
  act('use', resources, use),
  fails, fails, fails, strands, races,
  act('wake', fc.constant(''), (world) => world.calls.wake()),
  act('abort', fc.nat(3), (world, which) => {
    const { abort, task } = world.abortable[world.abortable.length - 1 - which] ?? {}
    if (task !== undefined) noteAbort(world, task)
    abort?.abort(new Error('the caller has thought better of it'))
  }),
]

export function commands(): fc.Arbitrary<Iterable<Command>> {
  return fc.commands(all, { maxCommands: 48, size: 'max', disableReplayLog: true })
}
