import * as fc from 'fast-check'
import type { StoreDiscipline } from '../fixtures/store.js'
import { Act, type Command } from './act.js'
import {
  bake,
  broken,
  counts,
  faults,
  given,
  id,
  kind,
  operation,
  pace,
  patience,
  rarely,
  resources,
  stores,
  streams,
  type Given,
  uses,
} from './arbitraries.js'
import { METHODS, type Method } from './calls.js'
import { noteAbort } from './causes.js'
import { acquire, acquireResource, capture, captureReady, release, run, WORK } from './leases.js'
import { makePermanent } from './make-permanent.js'
import { ownerOf, versionOf } from './model.js'
import { add, PLAIN, reload, remove, type Target } from './operations.js'
import type { BakeGiven } from './bake-given.js'
import { checkProgress } from './progress.js'
import { attach, deliver, detach, giveUp, use, write } from './resources.js'
import { takeBack } from './take-back.js'
import { DRAIN_MS, MAX_RECORDED } from './timing.js'
import {
  GUEST,
  ID_DEPENDED_ON,
  ID_THAT_DEPENDS,
  kindOf,
  opensOf,
  ORDINARY,
  PLUGIN_IDS,
  SHARED,
  type PluginId,
  type VersionGiven,
} from './version-data.js'
import type { World } from './world.js'

const UNWELL: BakeGiven = { ms: 80, everyMs: 80, answers: ['no'], prompt: true, breaks: undefined }

/** What fails is shrunk by leaving commands out; smaller numbers in them would tell nobody more. */
function act<T>(
  text: string,
  arbitrary: fc.Arbitrary<T>,
  run: (world: World, value: T) => void | Promise<unknown>,
  waits = false,
): fc.Arbitrary<Command> {
  return fc
    .noShrink(fc.tuple(arbitrary, pace))
    .map(([value, steps]) => new Act(`${text} ${fc.stringify(value)}`, steps, (world) => run(world, value), waits))
}

/** Nothing but what has to be there. */
const SAME: Given = { ...ORDINARY, shared: 'stays', opens: 'stays' }

function versionGiven({ model }: World, id: string, { shared, opens, ...rest }: Given): VersionGiven {
  const before = versionOf(model, id)
  const can = opensOf(id)
  return {
    ...rest,
    shared: shared === 'provided' || (shared === 'stays' && before?.shared === true),
    opens:
      opens === 'stays'
        ? (before?.opens ?? can)
        : can.filter((resource) => opens.includes(resource === GUEST ? 'guest' : kindOf(resource))),
  }
}

const reloads = act('reload', fc.tuple(id, given, operation), (world, [plugin, version, options]) =>
  reload(world, [{ handle: world.handle(plugin), given: versionGiven(world, plugin, version) }], options),
)

/** Ordinary versions, so that a period begins, and much goes on in it. */
const bakes = act(
  'bake',
  fc.tuple(id, given, bake, operation, fc.boolean()),
  async (world, [plugin, { shared, opens, without, isolated }, period, options, waits]) => {
    void reload(
      world,
      [
        {
          handle: world.handle(plugin),
          given: versionGiven(world, plugin, { ...ORDINARY, shared, opens, without, isolated }),
        },
      ],
      { ...options, dryRun: false, bake: period },
    )
    if (waits) await world.idle()
  },
  true,
)

/** Time passes to the moment at which somebody is asked next, and no further. */
const due = act(
  'due',
  fc.constant(''),
  async (world) => {
    const { periods, now } = world.model
    const next = Math.min(
      ...[...periods]
        .filter(({ asking, bad }) => asking === undefined && bad === undefined)
        .map(({ dueAt }) => dueAt - now),
    )
    if (next > 0 && Number.isFinite(next)) await world.pass(next)
  },
  true,
)

/** The caller takes his handle, and much may happen before he uses it. */
const thoughtful = act(
  'reload later',
  fc.tuple(id, given, operation, fc.nat(40)),
  async (world, [plugin, version, options, thoughts]) => {
    const handle = world.handle(plugin)
    for (let at = 0; at <= thoughts; at += 1) await world.calls.pause(`before a reload of ${plugin}`)
    const stale = world.model.plugins.some((now) => now.version.id === plugin && now.generation !== handle.generation)
    await reload(
      world,
      [{ handle, given: versionGiven(world, plugin, version) }],
      options,
      stale ? 'reload with a handle gone stale' : 'reload',
    )
  },
)

const together = act(
  'reload all',
  fc.tuple(fc.shuffledSubarray([...PLUGIN_IDS], { minLength: 2 }), given, operation, fc.boolean()),
  (world, [ids, version, options, moves]) => {
    // The shared key, with whatever lives on it, goes from its plugin to the next one, or stays where it is.
    const holder = ids.findIndex((it) => it === ownerOf(world.model, SHARED)?.id)
    const heir = moves ? (holder + 1) % ids.length : holder
    return reload(
      world,
      ids.map((it, at): Target => ({
        handle: world.handle(it),
        given: { ...versionGiven(world, it, version), shared: at === heir },
      })),
      options,
    )
  },
)

/**
 * Two that cannot both have what they want begin at once: the shared key, or a plugin that one needs and the other
 * replaces.
 */
const races = act(
  'race',
  fc.tuple(fc.shuffledSubarray([...PLUGIN_IDS], { minLength: 2, maxLength: 2 }), fc.boolean()),
  (world, [ids, forKey]) => {
    const breaks = (plugin: PluginId): VersionGiven => ({
      ...ORDINARY,
      shared: forKey,
      major: !forKey && plugin === ID_DEPENDED_ON ? 2 : 1,
    })
    return Promise.all(
      ids.map((plugin) =>
        versionOf(world.model, plugin) === undefined
          ? add(world, [{ id: plugin, given: breaks(plugin) }])
          : reload(world, [{ handle: world.handle(plugin), given: breaks(plugin) }], PLAIN),
      ),
    )
  },
)

/** Those that are not installed, as a host starts them, and now and then one that is. */
const addsAll = act(
  'add all',
  fc.tuple(fc.shuffledSubarray([...PLUGIN_IDS], { minLength: 2 }), given, rarely(true, false)),
  (world, [ids, version, any]) => {
    const fresh = ids.filter((plugin) => any || versionOf(world.model, plugin) === undefined)
    return fresh.length === 0
      ? undefined
      : add(
          world,
          fresh.map((plugin) => ({
            id: plugin,
            given: versionGiven(world, plugin, { ...version, shared: 'dropped' }),
          })),
        )
  },
)

/** A plugin has something opened with the provider of another one, which is being replaced. */
const opensBeside = act(
  'open beside a reload',
  fc.boolean(),
  async (world, first) => {
    const id = ID_THAT_DEPENDS
    if (world.model.resources.has(GUEST)) {
      detach(world, GUEST)
      await world.idle()
    }
    const opens = (): unknown => {
      const opening = versionGiven(world, id, { ...SAME, opens: ['guest'] })
      return versionOf(world.model, id) === undefined
        ? add(world, [{ id, given: opening }])
        : reload(world, [{ handle: world.handle(id), given: opening }], PLAIN)
    }
    if (first) void opens()
    void reload(
      world,
      [{ handle: world.handle(ID_DEPENDED_ON), given: versionGiven(world, ID_DEPENDED_ON, SAME) }],
      PLAIN,
    )
    if (!first) void opens()
  },
  true,
)

const inside = act(
  'from inside',
  fc.tuple(id, fc.constantFrom(...METHODS), kind, operation, fc.boolean()),
  (world, [plugin, method, about, options, awaited]) => {
    world.calls.inside({ id: plugin, method, kind: aimed(method, about) }, () => {
      const handle = world.handle(plugin)
      const shared = versionOf(world.model, plugin)?.shared ?? false
      const asked = reload(world, [{ handle, given: { ...ORDINARY, shared } }], options, 'reload from inside')
      world.coverage.note(`asked from inside: ${method}`)
      return awaited ? asked : undefined
    })
  },
)

const fails = act('fail', fc.tuple(id, kind, faults, counts), (world, [plugin, about, [method, fault], count]) => {
  for (let at = 0; at < count; at += 1) world.calls.fail({ id: plugin, method, kind: aimed(method, about) }, fault)
})

/** The version that serves fails at one thing for good, and now and then somebody gets it out at once. */
const breaks = act('break', fc.tuple(id, broken, operation, fc.boolean()), (world, [plugin, how, options, atOnce]) => {
  const version = versionOf(world.model, plugin)
  if (version === undefined) return
  world.calls.break(version.label, how)
  world.coverage.note(`broken: ${how.method} ${how.fault}`)
  if (!atOnce) return
  if (how.method === 'apply')
    for (const resource of version.keys) if (kindOf(resource) !== 'stop-and-copy') write(world, resource)
  return reload(world, [{ handle: world.handle(plugin), given: versionGiven(world, plugin, SAME) }], {
    ...options,
    dryRun: false,
    reopens: true,
  })
})

/** Neither the new version nor the old one can start the stream again. */
const strands = act('strand', id, (world, plugin) => {
  for (let at = 0; at < 2; at += 1) world.calls.fail({ id: plugin, method: 'open', kind: 'stop-and-copy' }, 'reject')
  return reload(world, [{ handle: world.handle(plugin), given: versionGiven(world, plugin, SAME) }], PLAIN)
})

/** A reload that does not do well and is taken back; `meanwhile` happens before that. */
async function thereAndBack(world: World, plugin: string, meanwhile?: () => void): Promise<void> {
  const version = versionGiven(world, plugin, SAME)
  void reload(world, [{ handle: world.handle(plugin), given: version }], { ...PLAIN, bake: UNWELL })
  await world.idle()
  meanwhile?.()
  await world.idle()
  await world.pass(UNWELL.ms)
  await world.idle()
}

/**
 * Under one lease, and then for good: what the lease sees is of a generation that is not the last one to have been
 * taken back to.
 */
const returns = act(
  'take back twice',
  id,
  async (world, plugin) => {
    capture(world)
    for (let nth = 0; nth < 2; nth += 1) await thereAndBack(world, plugin)
    void reload(world, [{ handle: world.handle(plugin), given: versionGiven(world, plugin, SAME) }], PLAIN)
  },
  true,
)

/**
 * A way back that copies, as too much was written: what served before is left over, and seen by one lease until that
 * ends.
 */
const leavesOver = act(
  'leave over',
  stores,
  async (world, resource) => {
    const plugin = ownerOf(world.model, resource)?.id
    if (plugin === undefined) return
    acquire(world, resource)
    capture(world)
    const seeing = world.leases.at(-1)
    await thereAndBack(world, plugin, () => {
      for (let at = 0; at <= MAX_RECORDED; at += 1) write(world, resource)
    })
    await world.pass(DRAIN_MS)
    await world.idle()
    const at = seeing === undefined ? -1 : world.leases.indexOf(seeing)
    if (at >= 0) release(world, at)
    await world.idle()
    checkProgress(world)
  },
  true,
)

/** More than is recorded, by preference to what is kept for a way back. */
const bursts = act(
  'burst',
  fc.tuple(stores, fc.nat(7), fc.integer({ min: 2, max: 2 * MAX_RECORDED })),
  (world, [resource, which, count]) => {
    const kept = [...world.model.periods].flatMap((period) => [...period.kept.keys()])
    for (let at = 0; at < count; at += 1) write(world, kept[which % kept.length] ?? resource)
  },
)

/** By preference what is being taken back, which is too late. */
const permanent = act('make permanent', fc.tuple(id, rarely(true, false)), (world, [plugin, stale]) => {
  const late = [...world.model.periods].find(({ back }) => back !== undefined)?.from[0]?.id
  makePermanent(world, late ?? plugin, stale)
})

/** Mostly what can be taken back. */
const takesBack = act('take back', fc.tuple(id, rarely(true, false)), (world, [plugin, any]) => {
  const baking = [...world.model.periods].find(({ back }) => back === undefined)?.from[0]?.id
  takeBack(world, any ? plugin : (baking ?? plugin))
})

/** A call about the plugin as a whole is about no kind. */
function aimed(method: Method, about: StoreDiscipline | undefined): StoreDiscipline | undefined {
  return method === 'register' || method === 'init' || method === 'shutdown' ? undefined : about
}

const time = act('time', fc.constantFrom(90, 350, 1_100), (world, ms) => world.pass(ms), true)

const settle = act(
  'settle',
  fc.constant(''),
  async (world) => {
    await world.idle()
    checkProgress(world)
  },
  true,
)

const all: fc.Arbitrary<Command>[] = [
  reloads,
  reloads,
  bakes,
  bakes,
  thoughtful,
  together,
  inside,
  inside,
  settle,
  settle,
  time,
  time,
  due,
  due,
  act('add', fc.tuple(id, given), (world, [plugin, version]) =>
    add(world, [{ id: plugin, given: versionGiven(world, plugin, version) }]),
  ),
  addsAll,
  act('remove', fc.tuple(id, operation), (world, [plugin, options]) =>
    remove(world, world.handle(plugin), { ...options, dryRun: false }),
  ),
  act('capture', fc.constant(''), capture),
  act('captureReady', uses, captureReady),
  act('acquire', resources, acquire),
  act('acquireResource', resources, acquireResource),
  act('run', fc.constantFrom(...WORK), run),
  act('release', fc.nat(7), release),
  act('attach', fc.tuple(resources, patience), (world, [resource, given]) => attach(world, resource, given)),
  act('attach', fc.tuple(resources, patience), (world, [resource, given]) => attach(world, resource, given)),
  act('detach', resources, detach),
  act('write', fc.tuple(stores, patience), (world, [resource, given]) => write(world, resource, given)),
  act('write', fc.tuple(stores, patience), (world, [resource, given]) => write(world, resource, given)),
  act('deliver', streams, deliver),
  act('deliver', streams, deliver),
  act('use', fc.tuple(resources, patience), (world, [resource, given]) => use(world, resource, given)),
  act('give up', fc.nat(3), giveUp),
  act('give up', fc.nat(3), giveUp),
  bursts,
  bursts,
  bursts,
  permanent,
  permanent,
  takesBack,
  takesBack,
  act(
    'break journal',
    fc.constantFrom('permanent' as const, 'permanent' as const, 'committed' as const),
    (world, type) => {
      world.journal.failing[type] += 1
    },
  ),
  fails,
  fails,
  fails,
  breaks,
  strands,
  races,
  opensBeside,
  returns,
  leavesOver,
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
