import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  ASYNC_DISPOSE,
  PluginHost,
  ReloadError,
  type Plugin,
  type PluginHandle,
  type ReloadReport,
} from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { LoadError, loadPlugin, PluginStore } from '@uni/reload-loader'
import { CommandError, EXIT } from '../exit-code.js'
import type { CheckConfig } from './check-config.js'
import type { CheckReport, CheckVerdict } from './check-report.js'

export interface CheckOptions {
  /** Paths of the two versions: files, folders, or packages. */
  readonly from: string
  readonly to: string
  /** A folder with real state, which is copied. */
  readonly state?: string | undefined
  readonly cwd: string
  readonly signal: AbortSignal
}

type Accepted = { readonly surface: string; readonly key: string; readonly reason: string }

/**
 * Installs the old version in a host of its own, opens what is to be opened, and tries the reload: all of it but the
 * commit.
 *
 * @throws CommandError `usage` where a version cannot be loaded or installed, or the state not be opened.
 */
export async function check(config: CheckConfig, options: CheckOptions): Promise<CheckReport> {
  const startedAt = performance.now()
  const scratch = await mkdtemp(join(tmpdir(), 'uni-reload-check-'))
  const store = await PluginStore.open(join(scratch, 'store'), { journal: 'none' })
  const host = new PluginHost({ strategies: config.strategies, ranges: npmRanges })
  try {
    const load = async (path: string): Promise<{ plugin: Plugin; file: string }> => {
      return loadPlugin(resolve(options.cwd, path), { store, ...config.load, signal: options.signal })
    }
    const old = await orUsage(`the old version, ${options.from}`, () => load(options.from))
    const next = await orUsage(`the new version, ${options.to}`, () => load(options.to))
    const handle = await orUsage(`the old version, ${options.from}`, () => host.add(old.plugin))
    if (options.state !== undefined) await openState(config, host, resolve(options.cwd, options.state), scratch)
    const tried = await tryReload(host, handle, next.plugin, options.signal)
    const { id, version } = old.plugin.manifest
    const told = { plugin: id, from: version, to: next.plugin.manifest.version, file: next.file, ...tried }
    const compatible = tried.failure === undefined && !tried.verdicts.some(({ level }) => level === 'incompatible')
    return { ...told, compatible, ms: Math.round(performance.now() - startedAt) }
  } finally {
    await host.close()
    await store[ASYNC_DISPOSE]()
    await rm(scratch, { recursive: true, force: true })
  }
}

async function openState(config: CheckConfig, host: PluginHost, state: string, scratch: string): Promise<void> {
  if (config.open === undefined) {
    throw new CommandError(EXIT.usage, 'nothing says how state is opened', {
      hint: 'Export open(host, state) from uni-reload.config.js, which attaches live resources.',
    })
  }
  const copy = join(scratch, 'state')
  await orUsage(`the state, ${state}`, async () => {
    await cp(state, copy, { recursive: true })
    await config.open?.(host, copy)
  })
}

/**
 * The first key that is refused ends a reload. So it is accepted, and the reload tried again, until all are known that
 * would be refused.
 */
async function tryReload(
  host: PluginHost,
  handle: PluginHandle,
  next: Plugin,
  signal: AbortSignal,
): Promise<Pick<CheckReport, 'verdicts' | 'failure'>> {
  const refused = new Map<string, CheckVerdict>()
  const accept: Accepted[] = []
  for (;;) {
    try {
      const { report } = await host.reload(handle, next, { dryRun: true, accept, signal })
      return { verdicts: verdictsOf(report, refused) }
    } catch (error) {
      if (signal.aborted) throw error
      // What an accepted key fails by, when it is handed over, is what it was refused for.
      if (ReloadError.is(error) && error.code === 'HANDOFF' && refused.has(keyOf(error))) {
        return { verdicts: [...refused.values()] }
      }
      const verdict = refusedBy(error)
      const failure = ReloadError.is(error)
        ? { code: error.code, message: error.message }
        : { code: 'UNKNOWN', message: String(error) }
      if (verdict === undefined) return { verdicts: [...refused.values()], failure }
      const { surface, key, reason = '' } = verdict
      // It was accepted, and is refused all the same.
      if (refused.has(keyOf(verdict))) return { verdicts: [...refused.values()], failure }
      refused.set(keyOf(verdict), verdict)
      accept.push({ surface, key, reason: `checking what else is refused: ${reason}`.slice(0, 500) })
    }
  }
}

function refusedBy(error: unknown): CheckVerdict | undefined {
  if (!ReloadError.is(error) || error.code !== 'SCHEMA_INCOMPAT') return undefined
  const { surface, key, resource, message } = error
  if (surface === undefined || key === undefined) return undefined
  return { surface, key, ...(resource !== undefined && { resource }), level: 'incompatible', reason: message }
}

function keyOf({ surface, key }: { readonly surface?: string | undefined; readonly key?: string | undefined }): string {
  return JSON.stringify([surface, key])
}

function verdictsOf(report: ReloadReport, refused: ReadonlyMap<string, CheckVerdict>): CheckVerdict[] {
  const judged = report.compat
    .filter((entry) => !refused.has(keyOf(entry)))
    .map(({ surface, key, resource, verdict }): CheckVerdict => ({
      surface,
      key,
      ...(resource !== undefined && { resource }),
      level: verdict.level === 'accepted' ? 'incompatible' : verdict.level,
      ...('reason' in verdict && { reason: verdict.reason }),
    }))
  const left = (level: 'added' | 'removed') =>
    report[level].filter((one) => !refused.has(keyOf(one))).map((one): CheckVerdict => ({ ...one, level }))
  return [...refused.values(), ...judged, ...left('removed'), ...left('added')]
}

async function orUsage<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const details = LoadError.is(error) || ReloadError.is(error) ? error : undefined
    throw new CommandError(EXIT.usage, `${what}: ${error.message}`, { details })
  }
}
