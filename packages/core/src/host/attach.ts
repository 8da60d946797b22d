import { activate } from '../dispatch/activate.js'
import { Step } from '../dispatch/step.js'
import { ReloadError, type ErrorPlace } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import { WriteGate } from '../move/gate.js'
import type { Opening } from '../strategy.js'
import type { Surface } from '../surface.js'
import type { Attached } from './attached.js'
import { checked } from './checked-options.js'
import { GRACE_MS } from './drain.js'
import type { ProviderEntry, ResourceEntry } from './epoch.js'
import { EpochChange } from './epoch-change.js'
import { closeHeld, closeOrphan } from './finalization.js'
import { HeldProvider } from './held-provider.js'
import type { HostState } from './host-state.js'
import { tableKey } from './table-key.js'
import type { AttachOptions, LiveResource } from './live-resource.js'
import type { PluginVersion } from './plugin-version.js'

/** Opens a live resource with the provider that serves now, and puts it into service. */
export async function attach<P, R, W>(
  state: HostState, surface: Surface<P, R, W>, given: AttachOptions<P, R>,
): Promise<LiveResource<R, W>> {
  const options = checked.attach(given)
  const { name, key } = options
  const slot = state.slotOf(surface.id)
  const place = { surface: surface.id, key, resource: name }
  const id = tableKey(slot, name)
  const taken = (): ReloadError => new ReloadError('DUPLICATE', 'a live resource of this name is attached already', { ...place, hint: 'Detach it first, or choose another name.' })
  if (state.attached.has(id) || state.opening.has(id)) throw taken()
  state.opening.add(id)
  try {
    let entry = served(state, slot, key, place)
    // Nothing is opened with a version that is leaving. What is read after the wait is used in the same turn, or another
    // operation might list the version's resources in between and miss this one.
    for (let operation = state.listed.get(entry.owner); operation; operation = state.listed.get(entry.owner)) {
      await operation.decided
      entry = served(state, slot, key, place)
    }
    const { owner, registration } = entry
    const opened = open(state, owner, registration.provider as P, place, options)
    owner.opening.add(opened)
    try {
      const resource = await opened.catch((error: unknown) => {
        state.refuseClosed()
        throw error
      })
      const refused = refusedToBegin(state, resource, { ...place, plugin: owner.label })
      if (refused !== undefined) throw await refused
      const attached = enter(state, { slot, name, key, owner, resource, open: options.open as Attached['open'] })
      return new AttachedResource<R, W>(state, attached)
    } finally {
      owner.opening.delete(opened)
    }
  } finally {
    state.opening.delete(id)
  }
}

function served(state: HostState, slot: number, key: string, place: { surface: string; key: string; resource: string }): ProviderEntry {
  state.refuseClosed()
  const entry = state.epoch.providers[slot]?.byKey.get(key)
  if (entry !== undefined) return entry
  throw new ReloadError('PROVIDER_NOT_FOUND', 'no plugin provides this key', { ...place, step: 'attach', hint: 'Install the plugin that provides it first.' })
}

async function open<P, R>(state: HostState, owner: PluginVersion, provider: P, place: { surface: string; key: string; resource: string }, options: AttachOptions<P, R>): Promise<R> {
  using lease = new HeldProvider(owner, provider, state.clock.now(), { label: `attach ${options.name}` })
  const environment = { ...state.environment(false), timeoutMs: () => state.timeoutMs('open'), timeoutOption: 'open', hint: 'Nothing was attached.' }
  const step = new Step(environment, { ...place, plugin: owner.label })
  const strategy = state.strategies.get(place.surface)
  // A host that closes waits for no open: what it produces after all is closed again, also where the host closes right
  // between the end of the call and that of the phase.
  const discard = (late: R): MaybePromise<void> => strategy.close?.(late)
  const opening: Opening = {
    claim: (resource) => { step.claim(resource) }, letGo: (resource) => { step.letGo(resource) },
  }
  return await step.run('prepare', { code: 'HANDOFF', signal: state.closing.signal, discard }, () => step.call('open', async () => {
    const resource = await options.open(lease.provider, opening)
    if (resource === undefined || resource === null) throw new Error('open returned no resource')
    step.claim(resource)
    return resource
  }, { discard }))
}

/** In the turn in which the resource is put into service. Gives the error, once what did not begin has been closed. */
function refusedToBegin(
  state: HostState, resource: unknown, place: ErrorPlace & { surface: string },
): Promise<ReloadError> | undefined {
  const strategy = state.strategies.get(place.surface)
  try {
    activate(strategy, resource, place, 'Nothing was attached.')
    return undefined
  } catch (error) {
    const refusal = error as ReloadError
    const environment = state.environment(false)
    const step = new Step(environment, place)
    const close = (): Promise<void> => step.call('close', () => strategy.close?.(resource))
    return step.run('rollback', { code: 'HANDOFF' }, () => closeHeld(resource, environment, close))
      .catch((failed: unknown) => { refusal.rollbackErrors.push(failed) })
      .then(() => refusal)
  }
}

function enter(state: HostState, given: Omit<Attached, 'strategy' | 'gate' | 'detached'> & { resource: unknown }): Attached {
  const { slot, name, key, owner, resource, open: reopen } = given
  const id = tableKey(slot, name)
  const strategy = state.strategyAt(slot)
  const { surface } = strategy
  const gate: WriteGate<unknown, unknown> = new WriteGate(surface, name, resource, {
    clock: state.clock, maxRecorded: state.maxRecordedWrites, maxRecordedBytes: state.maxRecordedBytes,
    writeTimeoutMs: state.timeoutMs('write'),
    onReplaced: (outcome) => {
      // A restart may complete when the resource has left already; then it is only closed.
      if (state.attached.get(id) !== attached) return
      const tag = { surface: surface.id, resource: name }
      if ('halted' in outcome) {
        serve(outcome)
        state.emit({ type: 'resource-halted', ...tag, cause: outcome.halted })
        return
      }
      // A strategy that opened it itself may not have claimed it.
      state.claims.claimFree(outcome.resource, { ...tag, key, plugin: attached.owner.label })
      serve({ live: outcome.resource })
      try {
        activate(strategy, outcome.resource, { ...tag, phase: 'rollback', key, plugin: attached.owner.label })
        state.emit({ type: 'resource-restarted', ...tag })
      } catch (error) {
        state.emit({ type: 'resource-restarted', ...tag, activationError: error as ReloadError })
        throw error
      }
    },
  })
  const attached: Attached = { slot, name, key, owner, strategy, gate, open: reopen, detached: undefined }
  const serve = (entry: ResourceEntry['slot']): void => {
    state.publish(new EpochChange([], []).edit({ slot, name, entry: { owner: attached.owner, slot: entry } }))
  }
  state.attached.set(id, attached)
  serve({ live: resource })
  return attached
}

class AttachedResource<R, W> implements LiveResource<R, W> {
  readonly name: string
  readonly #state: HostState
  readonly #attached: Attached

  constructor(state: HostState, attached: Attached) {
    this.name = attached.name
    this.#state = state
    this.#attached = attached
  }

  write(write: W): Promise<void> {
    return this.#attached.gate.write(write)
  }

  use<T>(fn: (resource: R) => MaybePromise<T>): Promise<T> {
    return this.#attached.gate.use((resource) => fn(resource as R))
  }

  detach(): Promise<void> {
    const { detaching } = this.#state
    if (this.#attached.detached === undefined) {
      const detached = this.#attached.detached = detach(this.#state, this.#attached)
      detaching.add(detached)
      const done = (): void => { detaching.delete(detached) }
      detached.then(done, done)
    }
    return this.#attached.detached
  }
}

async function detach(state: HostState, attached: Attached): Promise<void> {
  const { slot, name, gate } = attached
  for (let operation = state.listed.get(attached.owner); operation; operation = state.listed.get(attached.owner)) await operation.decided
  const id = tableKey(slot, name)
  // A reload may have closed it as an orphan meanwhile.
  if (state.attached.get(id) !== attached) return
  void gate.close()
  state.attached.delete(id)
  state.publish(new EpochChange([], []).edit({ slot, name, entry: undefined }))
  // Its plugin is not shut down before it is closed.
  using held = new HeldProvider(attached.owner, undefined, state.clock.now(), { label: `detach ${name}` })
  const drain = state.drainOfEpochs([attached.owner])
  await drain.run({ deadlineMs: Number.POSITIVE_INFINITY }, held.signal)
  // Forced out with its plugin: the leases were told at the same moment, and have the same grace.
  await drain.run({ deadlineMs: state.drainPolicy.graceMs ?? GRACE_MS })
  await closeOrphan(attached, state.environment(false))
}
