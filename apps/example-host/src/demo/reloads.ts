import {
  ReloadError,
  type Plugin,
  type PluginHandle,
  type AttemptedHandoff,
  type ReloadOptions,
  type ReloadResult,
} from '@uni/reload-core'
import type { ExampleHost } from '../host/example-host.js'
import type { BadVersion, CatalogueEntry } from '../plugins/catalogue.js'
import type { Latency } from './latency.js'
import type { ReloadEntry } from './report/report.js'
import { serving } from './serving.js'

/** Reloads plugins of a running host, and writes down what came of it. */
export class Reloads {
  readonly entries: ReloadEntry[] = []
  readonly #host: ExampleHost
  readonly #latency: Latency

  constructor(host: ExampleHost, latency: Latency) {
    this.#host = host
    this.#latency = latency
  }

  /** A good version, which has to be committed, and to serve afterwards. */
  async good(entry: CatalogueEntry, plugin: Plugin, options: ReloadOptions = {}): Promise<ReloadResult> {
    const [result] = await this.together([{ entry, plugin }], options)
    return result as ReloadResult
  }

  /** Several good versions, with one commit. */
  async together(
    changes: readonly { readonly entry: CatalogueEntry; readonly plugin: Plugin }[],
    options: ReloadOptions = {},
  ): Promise<ReloadResult[]> {
    const results = await this.#underWay(() =>
      this.#host.plugins.reloadAll(
        changes.map(({ entry, plugin }) => ({ handle: this.#handle(entry.id), plugin })),
        options,
      ),
    )
    for (const [at, { entry, plugin }] of changes.entries()) {
      const { report, finalized } = results[at] as ReloadResult
      const { drainMs } = await finalized
      const served = serving(this.#host, entry)
      this.entries.push({
        plugin: entry.id,
        from: String(report.from),
        to: String(report.to),
        surface: entry.surface,
        result: 'committed',
        code: null,
        ...times(report.handoffs, report),
        drainMs,
        fault: null,
        asExpected: served.versions.every((version) => version === plugin.manifest.version),
      })
    }
    return results
  }

  /** A bad version, which has to be turned away as the catalogue says, with the old one serving afterwards. */
  async bad(entry: CatalogueEntry, { plugin, fault, code, result }: BadVersion): Promise<void> {
    const handle = this.#handle(entry.id)
    const before = serving(this.#host, entry)
    const startedAt = performance.now()
    const error = await this.#underWay(() =>
      this.#host.plugins.reload(handle, plugin).then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    )
    const totalMs = performance.now() - startedAt
    const after = serving(this.#host, entry)
    const found = ReloadError.is(error) ? error.code : null
    const report = ReloadError.is(error) ? error.report : undefined
    const outcome = error === undefined ? 'committed' : rolledBack(error) ? 'rolled-back' : 'rejected'
    this.entries.push({
      plugin: entry.id,
      from: [...new Set(before.versions)].join(),
      to: plugin.manifest.version,
      surface: entry.surface,
      result: outcome,
      code: found,
      ...times(report?.handoffs ?? [], { pauseMs: 0, blockedMs: 0, ...report, totalMs }),
      drainMs: 0,
      fault,
      asExpected:
        found === code &&
        outcome === result &&
        rollbackWasClean(error) &&
        this.#handle(entry.id).generation === handle.generation &&
        after.same(before),
    })
  }

  #handle(id: string): PluginHandle {
    const handle = this.#host.plugins.plugin(id)
    if (handle === undefined) throw new Error(`plugin ${id} is not installed`)
    return handle
  }

  async #underWay<T>(run: () => Promise<T>): Promise<T> {
    this.#latency.reloads += 1
    try {
      return await run()
    } finally {
      this.#latency.reloads -= 1
    }
  }
}

type Times = Pick<ReloadEntry, 'totalMs' | 'pauseMs' | 'blockedMs' | 'blockedBy' | 'bytes' | 'replayedWrites'>

/** What core's reports of good and bad reloads have in common. */
interface Measured extends Pick<Times, 'totalMs' | 'pauseMs' | 'blockedMs'> {
  readonly blockedBy?: string | undefined
}

function times(handoffs: readonly AttemptedHandoff[], { totalMs, pauseMs, blockedMs, blockedBy }: Measured): Times {
  const sum = (of: 'bytes' | 'replayedWrites'): number => handoffs.reduce((total, handoff) => total + handoff[of], 0)
  return {
    totalMs,
    pauseMs,
    blockedMs,
    blockedBy: blockedBy ?? null,
    bytes: sum('bytes'),
    replayedWrites: sum('replayedWrites'),
  }
}

/** A reload that failed before any handoff began was rejected; there was nothing to roll back. */
function rolledBack(error: unknown): boolean {
  return ReloadError.is(error) && (error.phase === 'prepare' || error.phase === 'converge' || error.phase === 'fence')
}

function rollbackWasClean(error: unknown): boolean {
  return ReloadError.is(error) && error.rollbackErrors.length === 0
}
