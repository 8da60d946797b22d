import { activate } from '../../dispatch/activate.js'
import { forEachBounded } from '../../dispatch/bounded.js'
import { onAbort } from '../../on-abort.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { ReloadError, type ErrorPlace, type ReloadErrorCode, type ReloadPhase } from '../../errors.js'
import { LeaseOfProvider } from '../epoch/lease-of-provider.js'
import type { DeclaredResource, PluginVersion } from '../epoch/plugin-version.js'
import type { SurfaceTable } from '../epoch/surface-table.js'
import type { EpochChange } from '../plan/epoch-change.js'
import type { Succession } from '../plan/succession.js'
import type { PhaseLog } from '../report/phase-log.js'
import type { OpenedResource } from '../report/results.js'
import { Attached } from '../resource/attached.js'
import { AttachedResource } from '../resource/attached-resource.js'
import { detach } from '../resource/detach.js'
import type { Reservation } from '../resource/live-resources.js'
import { closeOpened, openResource } from '../resource/open-resource.js'
import type { HostState } from '../state/host-state.js'
import { letGoDeclared } from './stage.js'
import { DISPOSE } from '../../dispose.js'

export interface OpeningsInit {
  readonly succession: Succession
  readonly environment: StepEnvironment
  readonly log: PhaseLog
  readonly signal: AbortSignal | undefined
}

/**
 * The provider that opens a resource, and whose it is: of a version that the operation installs, or of one that stays.
 */
interface Opener {
  readonly provider: unknown
  readonly owner: PluginVersion
  readonly stays: boolean
}

/** A resource that is to be opened, or was. */
interface Planned {
  readonly declared: DeclaredResource
  /** The version that has the host open the resource. */
  readonly version: PluginVersion
  readonly reservation: Reservation
  opened: Opened | undefined
}

interface Opened {
  readonly attached: Attached
  readonly resource: unknown
  readonly owner: PluginVersion
  readonly place: Place
  /** Where the opener stays: keeps its plugin from being shut down before the resource serves or is closed. */
  readonly held: Disposable | undefined
}

type Place = ErrorPlace & { readonly surface: string; readonly key: string; readonly resource: string }

/** The live resources that the plugins of an operation have the host open with them. */
export class Openings {
  readonly #state: HostState
  readonly #init: OpeningsInit
  readonly #planned: Planned[] = []
  readonly #steps: StepEnvironment
  readonly #activationErrors = new Map<Planned, ReloadError>()

  constructor(state: HostState, init: OpeningsInit) {
    this.#state = state
    this.#init = init
    const { environment } = state
    this.#steps = { ...init.environment, timeoutMs: () => environment.timeoutMs('open'), timeoutOption: 'open' }
  }

  /**
   * Finds the declared resources that are not in service yet, and reserves their names. Touches nothing live.
   *
   * @throws ReloadError `PROVIDER_NOT_FOUND`, `DEPENDENCY`, `DUPLICATE`.
   */
  plan(): void {
    const { resources } = this.#state
    for (const version of this.#init.succession.installed) {
      for (const declared of version.declared) {
        const { name } = declared
        const table = this.#tableOf(declared)
        this.#openerOf(version, declared, 'preflight')
        const serving = table.resources.latest(name)?.attached as Attached | undefined
        if (serving !== undefined && isSame(serving, version, declared)) continue
        const reservation = serving === undefined ? resources.reserve(table, name) : undefined
        if (reservation === undefined) throw this.#taken(version, declared, serving)
        this.#planned.push({ declared, version, reservation, opened: undefined })
      }
    }
  }

  /**
   * Opens each planned resource with its provider.
   *
   * @throws ReloadError `HANDOFF`, `DUPLICATE`, `STEP_TIMEOUT`, `ABORTED`.
   */
  async open(): Promise<void> {
    const { environment } = this.#init
    const { concurrency } = this.#state.environment
    const given = this.#init.signal
    const ended = new AbortController()
    const end = (): void => ended.abort(given?.reason)
    const stopListening = given && onAbort(given, end)
    try {
      await forEachBounded(
        this.#planned,
        concurrency,
        async (planned) => {
          planned.opened = await this.#open(planned, ended.signal)
        },
        end,
        environment.pace,
      )
    } finally {
      stopListening?.()
    }
  }

  /** Writes ahead that the opened resources serve. */
  writeTo(change: EpochChange): void {
    for (const { opened } of this.#planned) {
      if (opened === undefined) continue
      const { attached, owner, resource } = opened
      change.opens(attached, owner, resource)
    }
  }

  /**
   * Called in the turn of the commit, before it.
   *
   * @throws ReloadError `RELOAD_IN_PROGRESS` where a plugin that stays was replaced since it opened a resource, or is
   * being replaced by an operation that the resource cannot join.
   */
  refuseUncommittable(): void {
    for (const { declared, opened } of this.#planned) {
      if (opened?.held === undefined) continue
      const { key } = declared
      const { owner, place } = opened
      const table = this.#tableOf(declared)
      const listing = this.#state.listing(owner)
      const serves = table.providers.latest(key)?.owner === owner
      if (serves && (listing === undefined || listing.takes(table, key))) continue
      throw new ReloadError('RELOAD_IN_PROGRESS', 'the plugin that has opened the resource is being replaced', {
        ...place,
        phase: 'commit',
        hint: 'Nothing was changed. Repeat the operation once that plugin has been replaced.',
      })
    }
  }

  /**
   * Called in the turn of the commit, after it: what was opened is activated. Whatever a strategy does here, the commit
   * stands.
   *
   * @param released the resources that plugins no longer have the host open, with providers of plugins that stay: they
   * are detached.
   */
  committed(released: Iterable<Attached>): void {
    const { resources } = this.#state
    for (const planned of this.#planned) {
      const { declared, reservation, opened } = planned
      if (opened === undefined) continue
      const { attached, owner, held } = opened
      resources.add(attached)
      resources.release(this.#tableOf(declared), reservation)
      if (held !== undefined) this.#state.listing(owner)?.take(attached, owner)
      this.#activate(planned, opened)
      held?.[DISPOSE]()
    }
    for (const attached of released) void detach(this.#state, attached).catch(() => {})
  }

  /**
   * Called at the end of the turn of the commit: the handles of plugins reach what serves. Calls that have waited for
   * it begin here, which runs code of plugins, so everybody has been told of the commit by now.
   */
  serve(): void {
    for (const version of this.#init.succession.installed) {
      for (const declared of version.declared) {
        const { name, open, handle } = declared
        const attached = this.#tableOf(declared).resources.latest(name)?.attached as Attached | undefined
        if (attached?.openedBy === version.id) attached.open = open
        handle.serves(attached && new AttachedResource(this.#state, attached))
      }
    }
  }

  /** Closes what was opened, and gives the names up. Resolves with what failed. */
  async rollback(): Promise<unknown[]> {
    const { environment, succession } = this.#init
    letGoDeclared(succession.installed)
    const errors: unknown[] = []
    for (const { declared, reservation, opened } of this.#planned.splice(0).toReversed()) {
      const table = this.#tableOf(declared)
      if (opened !== undefined) {
        await closeOpened(environment, table.strategy, opened.resource, opened.place).catch((error: unknown) => {
          errors.push(error)
        })
        opened.held?.[DISPOSE]()
      }
      this.#state.resources.release(table, reservation)
    }
    return errors
  }

  /** What was opened for `version`, as its report lists it. */
  of(version: PluginVersion | undefined): readonly OpenedResource[] {
    return this.#planned
      .filter((planned) => planned.version === version)
      .map((planned) => {
        const { surface, name } = planned.declared
        const activationError = this.#activationErrors.get(planned)
        return { surface, resource: name, ...(activationError && { activationError }) }
      })
  }

  async #open(planned: Planned, signal: AbortSignal): Promise<Opened> {
    const { declared, version, reservation } = planned
    const { name, key, open } = declared
    const table = this.#tableOf(declared)
    const { environment, log } = this.#init
    for (;;) {
      const { provider, owner, stays } = this.#openerOf(version, declared, 'prepare')
      const listing = stays ? this.#state.listing(owner) : undefined
      if (listing?.admits(table, key) === false) {
        await listing.changed
        continue
      }
      const place = { ...placeOf(declared), plugin: owner.label }
      const held = stays
        ? new LeaseOfProvider(owner, provider, this.#state.environment.leaseTime.now(), { label: `open ${name}` })
        : undefined
      const startedAt = environment.clock.now()
      const told = (error?: unknown): void => {
        const event = { place, step: 'open', ms: environment.clock.now() - startedAt } as const
        log.handoff(error === undefined ? event : { ...event, error })
      }
      try {
        const opened = openResource(this.#steps, {
          strategy: table.strategy,
          provider,
          place,
          open,
          signal,
        })
        if (stays) reservation.pending = { owner, opened }
        const resource = await opened
        told()
        const attached = new Attached(this.#state, { table, name, key, open, openedBy: version.id }, resource)
        return { attached, resource, owner, place, held }
      } catch (error) {
        told(error)
        held?.[DISPOSE]()
        throw error
      } finally {
        reservation.pending = undefined
      }
    }
  }

  #activate(planned: Planned, { resource, place }: Opened): void {
    const { clock } = this.#init.environment
    const { strategy } = planned.declared
    if (strategy.activate === undefined) return
    const startedAt = clock.now()
    try {
      activate(strategy, resource, { ...place, phase: 'commit' })
    } catch (error) {
      this.#activationErrors.set(planned, error as ReloadError)
    }
    const error = this.#activationErrors.get(planned)
    this.#init.log.handoff({ place, step: 'activate', ms: clock.now() - startedAt, ...(error && { error }) })
  }

  /** @throws ReloadError `PROVIDER_NOT_FOUND`, `DEPENDENCY`. */
  #openerOf(version: PluginVersion, declared: DeclaredResource, phase: ReloadPhase): Opener {
    const { surface, key } = declared
    const { succession } = this.#init
    const refused = (code: ReloadErrorCode, reason: string, hint: string): ReloadError =>
      new ReloadError(code, reason, { ...placeOf(declared), plugin: version.label, phase, step: 'open', hint })
    const comes = succession.after(surface, key)
    const stays = this.#tableOf(declared).providers.latest(key)
    const leaves = stays !== undefined && succession.retired.includes(stays.owner)
    const found = comes ?? (leaves ? undefined : stays)
    if (found === undefined) {
      throw refused(
        'PROVIDER_NOT_FOUND',
        'no plugin provides the key that the resource is to be opened with',
        'Provide it in register, or install the plugin that does first.',
      )
    }
    const { owner, registration } = found
    const needs = version.plugin.manifest.dependsOn ?? []
    if (owner.id !== version.id && !needs.some(({ id }) => id === owner.id)) {
      throw refused(
        'DEPENDENCY',
        `the key is provided by plugin "${owner.label}", which this one does not depend on`,
        'Name that plugin in manifest.dependsOn.',
      )
    }
    return { provider: registration.provider, owner, stays: comes === undefined }
  }

  #tableOf({ strategy }: DeclaredResource): SurfaceTable {
    return this.#state.tables.of(strategy.surface)
  }

  #taken(version: PluginVersion, declared: DeclaredResource, serving: Attached | undefined): ReloadError {
    const { key, openedBy } = serving ?? {}
    return new ReloadError(
      'DUPLICATE',
      serving === undefined
        ? 'a live resource of this name is being opened by somebody else'
        : `a live resource of this name is in service: key "${key}", ` +
            (openedBy === undefined ? 'attached by the host' : `opened by plugin "${openedBy}"`),
      {
        ...placeOf(declared),
        plugin: version.label,
        phase: 'preflight',
        step: 'open',
        hint: 'Choose another name, or detach that one first.',
      },
    )
  }
}

/**
 * Whether the resource that serves under the name of `declared` is what `version` has the host open: it has the same
 * key, and was opened for the same plugin or attached by the host.
 */
function isSame({ key, openedBy }: Attached, version: PluginVersion, declared: DeclaredResource): boolean {
  return key === declared.key && (openedBy === undefined || openedBy === version.id)
}

function placeOf({ surface, key, name }: DeclaredResource): Place {
  return { surface, key, resource: name }
}
