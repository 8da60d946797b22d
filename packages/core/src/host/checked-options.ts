import { ACCEPT, UNJUDGED } from '../dispatch/judging.js'
import { STRATEGY } from '../dispatch/strategy-table.js'
import { TIMEOUTS } from '../dispatch/timeouts.js'
import { checkOptions, option, unexpected, type OptionCheck, type OptionChecks } from '../options.js'
import { PACE } from '../pace.js'
import type { BakeOptions } from './permanence/bake.js'
import type { DrainPolicy } from './lease/drain.js'
import type { PluginHostOptions } from './environment/plugin-host-options.js'
import type { CaptureOptions, CaptureReadyOptions, Use, Uses } from './lease/lease.js'
import { SOURCE } from './resource/reload-source.js'
import type { AddOptions, ReloadOptions, RemoveOptions } from './reload-options.js'

const DURATION = option.numberThat('a finite number of milliseconds above 0', (value) => value > 0 && value < Infinity)

const DRAIN: OptionChecks<DrainPolicy> = {
  deadlineMs: option.from(0),
  onDeadline: option.oneOf('keep', 'force'),
  graceMs: option.from(0),
}
const BAKE: OptionChecks<BakeOptions> = { ms: option.required(DURATION), healthy: option.function, everyMs: DURATION }

const ADD: OptionChecks<AddOptions> = { signal: option.signal, accept: ACCEPT }
const REMOVE: OptionChecks<RemoveOptions> = {
  ...ADD,
  cutover: option.oneOf('overlap', 'exclusive'),
  onOrphan: option.oneOf('reject', 'close'),
  drain: option.object(DRAIN),
}
const RELOAD: OptionChecks<ReloadOptions> = {
  ...REMOVE,
  dryRun: option.flag,
  handlers: option.with('add', 'entries'),
  bake: option.object(BAKE),
  from: SOURCE,
}

const HOST: OptionChecks<PluginHostOptions> = {
  strategies: option.required(option.list(option.members(STRATEGY))),
  grants: option.record(option.list(option.text)),
  ranges: option.with('isRange', 'satisfies'),
  drain: option.object(DRAIN),
  timeouts: option.object(TIMEOUTS),
  concurrency: option.count(1),
  pace: option.object(PACE),
  maxRecordedWrites: option.count(1),
  maxRecordedBytes: option.positive,
  unjudged: UNJUDGED,
  observer: option.function,
  journal: option.with('append'),
  watchLeases: option.flag,
  clock: option.with('now', 'after'),
}

const CAPTURE: OptionChecks<CaptureOptions> = { label: option.text, signal: option.signal }
const USE: OptionChecks<Use> = {
  surface: option.required(option.members<Use['surface']>({ id: option.required(option.text) })),
  key: option.text,
  resource: option.text,
}
const USES = option.list(option.object(USE))

/** A JavaScript caller that names nothing uses nothing, and waits for nothing. */
const checkUses: OptionCheck<Uses> = (value = [], path, owner) => {
  if (value === 'everything') return value
  if (!Array.isArray(value)) throw unexpected("an array, or 'everything'", value, path)
  return USES(value, path, owner)
}

const CAPTURE_READY: OptionChecks<CaptureReadyOptions> = { ...CAPTURE, uses: option.required(checkUses) }

/**
 * Each gives the options read once.
 *
 * @throws TypeError or RangeError that names the option, what is expected and what was given.
 */
export const checked = {
  host: (given: PluginHostOptions): PluginHostOptions => checkOptions(given, 'PluginHost options', HOST),
  add: (given: AddOptions): AddOptions => checkOptions(given, 'add options', ADD),
  reload: (given: ReloadOptions): ReloadOptions => checkOptions(given, 'reload options', RELOAD),
  remove: (given: RemoveOptions): RemoveOptions => checkOptions(given, 'remove options', REMOVE),
  captureReady: (given: CaptureReadyOptions): CaptureReadyOptions =>
    checkOptions(given, 'captureReady options', CAPTURE_READY),
  /** On the way of every query: what is plainly well formed is not looked at again. */
  capture: (given: CaptureOptions): CaptureOptions =>
    isPlainCapture(given) ? given : checkOptions(given, 'capture options', CAPTURE),
}

function isPlainCapture(given: CaptureOptions): boolean {
  for (const name in given) {
    const value: unknown = given[name as keyof CaptureOptions]
    const isPlain =
      name === 'label' ? typeof value === 'string' && value !== '' : name === 'signal' && value instanceof AbortSignal
    if (!isPlain) return false
  }
  return true
}
