import { fc } from '@fast-check/vitest'
import {
  OldProviders,
  PluginHost,
  ReloadDispatcher,
  ReloadError,
  WriteGate,
  type AddOptions,
  type AttachOptions,
  type BakeOptions,
  type CaptureOptions,
  type CaptureReadyOptions,
  type DispatcherOptions,
  type DispatchRequest,
  type DrainPolicy,
  type PluginHostOptions,
  type ReloadOptions,
  type RemoveOptions,
  type TimedCall,
  type WriteGateOptions,
} from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

/** Whether a value is one that the option takes: said here once more, apart from the code under test. */
type Takes = (value: unknown) => boolean

const number =
  (holds: (value: number) => boolean): Takes =>
  (value) =>
    typeof value === 'number' && holds(value)
const oneOf =
  (...values: readonly unknown[]): Takes =>
  (value) =>
    values.includes(value)
const methods =
  (...names: readonly string[]): Takes =>
  (value) =>
    typeof value === 'object' && value !== null && names.every((name) => name in value)

const object: Takes = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const list: Takes = Array.isArray
const callback: Takes = (value) => typeof value === 'function'
const flag: Takes = (value) => typeof value === 'boolean'
const text: Takes = (value) => typeof value === 'string' && value.length > 0
const signal: Takes = (value) => value instanceof AbortSignal
const milliseconds = number((value) => value >= 0)
const positive = number((value) => value > 0)
const from: Takes = (value) => value === 'open' || (object(value) && Array.isArray((value as { open?: unknown }).open))
const unjudged = oneOf('accept', 'refuse')
const period = number((value) => value > 0 && Number.isFinite(value))
const atLeastOne = number((value) => value >= 1 && (Number.isInteger(value) || !Number.isFinite(value)))

type Under<Name extends string, Options> = `${Name}.${string & keyof Options}`
const TIMED: readonly TimedCall[] = [
  'stage',
  'preflight',
  'prepare',
  'converge',
  'rollback',
  'finalize',
  'bake',
  'open',
  'write',
]

const timeouts = Object.fromEntries(TIMED.map((call) => [`timeouts.${call}`, positive])) as Record<
  Under<'timeouts', Record<TimedCall, number>>,
  Takes
>
const drain: Record<Under<'drain', DrainPolicy>, Takes> = {
  'drain.deadlineMs': milliseconds,
  'drain.onDeadline': oneOf('keep', 'force'),
  'drain.graceMs': milliseconds,
}
const bake: Record<Under<'bake', BakeOptions>, Takes> = {
  'bake.ms': period,
  'bake.everyMs': period,
  'bake.healthy': callback,
}

const HOST: Record<keyof PluginHostOptions, Takes> = {
  strategies: list,
  grants: object,
  ranges: methods('isRange', 'satisfies'),
  drain: object,
  timeouts: object,
  concurrency: atLeastOne,
  pace: object,
  maxRecordedWrites: atLeastOne,
  maxRecordedBytes: positive,
  unjudged,
  observer: callback,
  journal: methods('append'),
  watchLeases: flag,
  clock: methods('now', 'after'),
}
const ADD: Record<keyof AddOptions, Takes> = { signal, accept: list }
const REMOVE: Record<keyof RemoveOptions, Takes> = {
  ...ADD,
  cutover: oneOf('overlap', 'exclusive'),
  onOrphan: oneOf('reject', 'close'),
  drain: object,
}
const RELOAD: Record<keyof ReloadOptions, Takes> = {
  ...REMOVE,
  dryRun: flag,
  handlers: methods('add', 'entries'),
  bake: object,
  from,
}
const ATTACH: Record<keyof AttachOptions<unknown, unknown>, Takes> = { name: text, key: text, open: callback, signal }
const CAPTURE: Record<keyof CaptureOptions, Takes> = { label: text, signal }
const DISPATCHER: Record<keyof DispatcherOptions, Takes> = {
  clock: methods('now', 'after'),
  timeouts: object,
  concurrency: atLeastOne,
  pace: object,
  unjudged,
  onUnclean: callback,
}
const PROVIDERS = methods('get', 'entries')
const DISPATCH: Record<keyof DispatchRequest, Takes> = {
  old: PROVIDERS,
  next: PROVIDERS,
  handlers: methods('add', 'entries'),
  cutover: oneOf('overlap', 'exclusive'),
  signal,
  dryRun: flag,
  accept: list,
}
const GATE: Record<keyof WriteGateOptions<unknown>, Takes> = {
  clock: methods('now', 'after'),
  maxRecorded: atLeastOne,
  maxRecordedBytes: positive,
  writeTimeoutMs: positive,
  onReplaced: callback,
}

/** What JavaScript callers may hand in. */
const anything = fc.oneof(
  fc.anything({ maxDepth: 0 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    Number.NaN,
    -1,
    0,
    1,
    Number.POSITIVE_INFINITY,
    '30000',
    '',
    'Exclusive',
    'exclusive',
    'everything',
    'Force',
    'force',
    'close',
    'accept',
    true,
    null,
    1n,
    AbortSignal.abort(),
    () => 1,
    [],
    {},
  ),
)

const host = new PluginHost({ strategies: [wordHandoff()] })
await host.add(wordPlugin('installed', '1.0.0'))
const absent = { id: 'absent', generation: 0 }

/** What is called with the options, so that nothing but them can be wrong in a way that is not a ReloadError's. */
const CALLS: Record<
  string,
  {
    path: string
    call: (options: never) => unknown
    rest?: object
    required?: readonly string[]
    takes: Record<string, Takes>
  }
> = {
  'new PluginHost': {
    path: 'PluginHost options',
    call: (options) => new PluginHost(options),
    rest: { strategies: [] },
    required: ['strategies'],
    takes: { ...HOST, ...drain, ...timeouts },
  },
  add: { path: 'add options', call: (options) => host.add(wordPlugin('installed', '1.0.0'), options), takes: ADD },
  reload: {
    path: 'reload options',
    call: (options) => host.reload(absent, wordPlugin('absent', '1.0.0'), options),
    rest: { bake: { ms: 1 } },
    required: ['bake.ms'],
    takes: { ...RELOAD, ...drain, ...bake },
  },
  remove: { path: 'remove options', call: (options) => host.remove(absent, options), takes: { ...REMOVE, ...drain } },
  attach: {
    path: 'attach options',
    call: (options) => host.attach(wordKind, options),
    rest: { name: 'a', key: 'a', open: () => ({}) },
    required: ['name', 'key', 'open'],
    takes: ATTACH,
  },
  capture: { path: 'capture options', call: (options) => host.capture(options), takes: CAPTURE },
  captureReady: {
    path: 'captureReady options',
    call: (options) => host.captureReady(options),
    takes: { ...CAPTURE, uses: (value) => list(value) || value === 'everything' } satisfies Record<
      keyof CaptureReadyOptions,
      Takes
    >,
  },
  acquire: { path: 'capture options', call: (options) => host.acquire(wordKind, 'absent', options), takes: CAPTURE },
  dispatch: {
    path: 'dispatch request',
    call: (request) => new ReloadDispatcher().dispatch(request),
    rest: { old: new OldProviders(), next: new OldProviders() },
    required: ['old', 'next'],
    takes: DISPATCH,
  },
  'new WriteGate': {
    path: 'WriteGate options',
    call: (options) => new WriteGate(wordKind, 'a', undefined as never, options),
    takes: GATE,
  },
  'new ReloadDispatcher': {
    path: 'ReloadDispatcher options',
    call: (options) => new ReloadDispatcher([], options),
    takes: { ...DISPATCHER, ...timeouts },
  },
}

/** What the call says of the options; nothing, where it takes them. */
async function complaint(call: (options: never) => unknown, options: object): Promise<unknown> {
  try {
    await call(options as never)
  } catch (error) {
    if (!ReloadError.is(error)) return error
  }
  return undefined
}

/** The options, of which the one at `path` is `value`. */
function options(rest: Record<string, unknown>, path: string, value: unknown): object {
  const [name = '', member] = path.split('.')
  return { ...rest, [name]: member === undefined ? value : { ...(rest[name] as object), [member]: value } }
}

describe.each(Object.entries(CALLS))('%s', (_, { path, call, rest = {}, required = [], takes }) => {
  it('takes of each option what it says, and names whatever else it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(takes)), anything, async (name, value) => {
        // What an option has inside is a matter of other options of this list.
        fc.pre(takes[name] !== object || !object(value))
        const error = await complaint(call, options(rest as Record<string, unknown>, name, value))
        if (value === undefined ? !required.includes(name) : takes[name]?.(value) === true) {
          expect(error).toBeUndefined()
        } else {
          expect(error).toBeInstanceOf(typeof value === 'number' ? RangeError : TypeError)
          expect(String(error)).toContain(`${path}.${name}: expected `)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('takes no option that it does not know', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (name) => {
        fc.pre(!(name in takes) && name !== '__proto__')
        expect(String(await complaint(call, { ...rest, [name]: 1 }))).toContain(`${path}: expected `)
      }),
    )
  })
})
