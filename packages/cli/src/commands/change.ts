import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AdminClient } from '../client/admin-client.js'
import { CommandError, EXIT, type ExitCode } from '../exit-code.js'
import type { Io } from '../io.js'
import { print } from './output.js'
import { showProgress } from './progress.js'
import { seconds } from './status.js'

/** Options of a reload, as the admin API takes them. */
export interface ReloadChoice {
  readonly dryRun?: boolean
  readonly cutover?: 'overlap' | 'exclusive'
  readonly onOrphan?: 'reject' | 'close'
  readonly from?: 'open'
  readonly bakeMs?: number
  readonly accept?: readonly { readonly surface: string; readonly key: string; readonly reason: string }[]
}

interface Reloaded {
  readonly status: 'committed' | 'dry-run'
  readonly plugin: string
  readonly generation: number
  readonly report: {
    readonly from?: string
    readonly to?: string
    readonly totalMs: number
    readonly pauseMs: number
    readonly blockedMs: number
    readonly compat: readonly { surface: string; key: string; verdict: { level: string; reason?: string } }[]
  }
}

/** Reloads a plugin: from a path on the host's side, or from a local package, which is sent. */
export async function reload(
  client: AdminClient,
  io: Io,
  asJson: boolean,
  { id, source, ...choice }: ReloadChoice & { readonly id: string; readonly source: string },
): Promise<ExitCode> {
  const path = `/v1/plugins/${encodeURIComponent(id)}/reload`
  const call = async (): Promise<Reloaded> =>
    source.endsWith('.tgz')
      ? client.sendPackage<Reloaded>(path, await readPackage(source, io), choice)
      : client.post<Reloaded>(path, { path: source, ...choice })
  const result = await (io.isTerminal && !asJson ? showProgress(client, io, id, call) : call())
  print(io, asJson, result, () => reloadText(result, io))
  return EXIT.ok
}

async function readPackage(source: string, { cwd }: Io): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(resolve(cwd, source)))
  } catch (error) {
    throw new CommandError(EXIT.usage, `the package cannot be read: ${(error as Error).message}`)
  }
}

function reloadText({ status, plugin, report }: Reloaded, { colors }: Io): string {
  const done = status === 'committed' ? colors.green('serves') : colors.green('would serve')
  const verdicts = report.compat
    .filter(({ verdict }) => verdict.level !== 'compatible')
    .map(({ surface, key, verdict }) => `  ${verdict.level}: ${surface} "${key}": ${verdict.reason ?? ''}\n`)
  const times = `writes held for ${seconds(report.pauseMs)}, event loop for ${seconds(report.blockedMs)}`
  return `${plugin} ${done}, ${seconds(report.totalMs)} (${times})\n${verdicts.join('')}`
}

export async function takeBack(client: AdminClient, io: Io, asJson: boolean, id: string): Promise<ExitCode> {
  const taken = await client.post<{ outcome: string }>(`/v1/plugins/${encodeURIComponent(id)}/take-back`, {})
  print(io, asJson, taken, () => `${id}: ${taken.outcome}\n`)
  return taken.outcome === 'taken-back' ? EXIT.ok : EXIT.refused
}

export async function makePermanent(client: AdminClient, io: Io, asJson: boolean, id: string): Promise<ExitCode> {
  const made = await client.post<{ plugin: string }>(`/v1/plugins/${encodeURIComponent(id)}/make-permanent`, {})
  print(io, asJson, made, () => `${made.plugin} is permanent\n`)
  return EXIT.ok
}

export async function remove(
  client: AdminClient,
  io: Io,
  asJson: boolean,
  { id, onOrphan }: { readonly id: string; readonly onOrphan?: 'reject' | 'close' },
): Promise<ExitCode> {
  const query = onOrphan === undefined ? '' : `?onOrphan=${onOrphan}`
  const removed = await client.delete<unknown>(`/v1/plugins/${encodeURIComponent(id)}${query}`)
  print(io, asJson, removed, () => `${id} is removed\n`)
  return EXIT.ok
}
