import { activate } from '../../dispatch/activate.js'
import { Step } from '../../dispatch/step.js'
import { ReloadError, type ErrorPlace } from '../../errors.js'
import type { MaybePromise } from '../../maybe-promise.js'
import type { AnyStrategy } from '../../strategy.js'
import type { Opening } from '../../strategy.js'
import type { Surface } from '../../surface.js'
import { Attached } from './attached.js'
import { AttachedResource } from './attached-resource.js'
import { checked } from '../checked-options.js'
import { closeHeld } from './close-orphan.js'
import { HeldProvider } from '../epoch/held-provider.js'
import type { HostState } from '../host-state.js'
import type { AttachOptions, LiveResource } from './live-resource.js'
import type { ProviderEntry, SurfaceTable } from '../epoch/surface-table.js'

type Place = ErrorPlace & { readonly surface: string; readonly key: string; readonly resource: string }

/** Opens a live resource with the provider that serves now, and puts it into service. */
export async function attach<P, R, W>(
  state: HostState,
  surface: Surface<P, R, W>,
  given: AttachOptions<P, R>,
): Promise<LiveResource<R, W>> {
  const options = checked.attach(given)
  const { name, key } = options
  const table = state.tables.of(surface)
  const place = { surface: table.id, key, resource: name }
  if (table.resources.latest(name) !== undefined || table.opening.has(name)) {
    throw new ReloadError('DUPLICATE', 'a live resource of this name is attached already', {
      ...place,
      hint: 'Detach it first, or choose another name.',
    })
  }
  table.opening.add(name)
  try {
    for (;;) {
      const entry = served(state, table, place)
      const { owner } = entry
      const operation = state.listed.get(owner)
      if (operation?.admits(table, key) === false) {
        await operation.changed
        continue
      }
      // Up to the end: nor is its plugin shut down before what it has opened in vain is closed.
      using lease = new HeldProvider(owner, entry.provider as P, state.leaseTime.now(), { label: `attach ${name}` })
      // Whoever holds the resource has it from now on: a literal has its shape from the start, which a spread has not.
      const opened = { surface: table.id, key, resource: name, plugin: owner.label }
      const opening = open(state, table, lease.provider, opened, options)
      owner.opening.add(opening)
      try {
        const resource = await opening.catch((error: unknown) => {
          state.refuseClosed()
          throw error
        })
        if (!canServe(state, table, entry)) {
          await closeUnused(state, table, resource, opened)
          continue
        }
        const refused = refusedToBegin(state, table, resource, opened)
        if (refused !== undefined) throw await refused
        const attached = new Attached(
          state,
          { table, name, key, open: options.open as Attached['open'] },
          resource,
          owner,
        )
        state.listed.get(owner)?.take(attached, owner)
        return new AttachedResource<R, W>(attached)
      } finally {
        owner.opening.delete(opening)
      }
    }
  } finally {
    table.opening.delete(name)
  }
}

/** Whether what was opened can be put into service, in this turn. */
function canServe(state: HostState, table: SurfaceTable, { owner, registration: { key } }: ProviderEntry): boolean {
  if (table.providers.latest(key)?.owner !== owner) return false
  const operation = state.listed.get(owner)
  return operation === undefined || operation.takes(table, key)
}

function served(state: HostState, table: SurfaceTable, place: Place): ProviderEntry {
  state.refuseClosed()
  const entry = table.providers.latest(place.key)
  if (entry !== undefined) return entry
  throw new ReloadError('PROVIDER_NOT_FOUND', 'no plugin provides this key', {
    ...place,
    step: 'attach',
    hint: 'Install the plugin that provides it first.',
  })
}

async function open<P, R>(
  state: HostState,
  { strategy }: SurfaceTable,
  provider: P,
  place: Place,
  options: AttachOptions<P, R>,
): Promise<R> {
  const environment = {
    ...state.environment(false),
    timeoutMs: () => state.timeoutMs('open'),
    timeoutOption: 'open',
    hint: 'Nothing was attached.',
  }
  const step = new Step(environment, place)
  // A host that closes waits for no open: what it produces after all is closed again, also where the host closes right
  // between the end of the call and that of the phase.
  const discard = (late: R): MaybePromise<void> => strategy.close?.(late)
  const opening: Opening = {
    claim: (resource) => {
      step.claim(resource)
    },
    letGo: (resource) => {
      step.letGo(resource)
    },
  }
  return await step.run('prepare', { code: 'HANDOFF', signal: state.closing.signal, discard }, () =>
    step.call(
      'open',
      async () => {
        const resource = await options.open(provider, opening)
        if (resource === undefined || resource === null) throw new Error('open returned no resource')
        step.claim(resource)
        return resource
      },
      { discard },
    ),
  )
}

/** In the turn in which the resource is put into service. Gives the error, once what did not begin has been closed. */
function refusedToBegin(
  state: HostState,
  { strategy }: SurfaceTable,
  resource: unknown,
  place: ErrorPlace & { surface: string },
): Promise<ReloadError> | undefined {
  try {
    activate(strategy, resource, place, 'Nothing was attached.')
    return undefined
  } catch (error) {
    const refusal = error as ReloadError
    return closeOpened(state, strategy, resource, place)
      .catch((failed: unknown) => {
        refusal.rollbackErrors.push(failed)
      })
      .then(() => refusal)
  }
}

/** What was opened with a version that was replaced meanwhile. That it cannot be closed fails nothing else. */
async function closeUnused(
  state: HostState,
  { strategy }: SurfaceTable,
  resource: unknown,
  place: ErrorPlace,
): Promise<void> {
  await closeOpened(state, strategy, resource, place).catch((error: unknown) => {
    state.emit({ type: 'unclean', error: error as ReloadError })
  })
}

async function closeOpened(
  state: HostState,
  strategy: AnyStrategy,
  resource: unknown,
  place: ErrorPlace,
): Promise<void> {
  const environment = state.environment(false)
  const step = new Step(environment, place)
  const close = (): Promise<void> => step.call('close', async () => strategy.close?.(resource))
  await step.run('rollback', { code: 'HANDOFF' }, () => closeHeld(resource, environment, close))
}
