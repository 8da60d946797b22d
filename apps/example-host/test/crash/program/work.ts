import { once, type EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { ReloadError, type Plugin } from '@uni/reload-core'
import { indexKind } from '@uni/reload-index'
import type { ExampleHost } from '../../../src/host/example-host.js'
import type { CatalogueEntry } from '../../../src/plugins/catalogue.js'
import type { Replica } from '../../../src/demo/workload/replicas/replica.js'
import { lookingInto } from '../../plugins/support/providers.js'
import type { Death } from './death.js'
import type { Line } from './protocol.js'

export interface Work {
  readonly host: ExampleHost
  readonly death: Death
  readonly run: number
  /** Says `committed` after each commit. */
  readonly commits: EventEmitter<{ committed: [] }>
  random(below: number): number
  say(line: Line): void
}

/** Changes the documents of one owner, for ever. */
export async function commitForEver(work: Work, ids: readonly string[]): Promise<never> {
  for (let at = 0; ; at += 1) {
    await commit(work, ids[at % ids.length] as string)
    await turn()
  }
}

/** Writes the next revision of a document. */
export async function commit({ host, death, say, commits }: Work, id: string): Promise<void> {
  const revision = (host.store.get(id)?.revision ?? -1) + 1
  say({ type: 'trying-commit', id, revision })
  await death.around('a commit', () =>
    host.commit([{ id, revision, deleted: false, title: `Document ${id}`, details: `revision ${revision}` }]),
  )
  say({ type: 'committed', id, revision })
  commits.emit('committed')
}

/**
 * Edits once for every third commit: an edit takes next to no time, so that there would be a dozen for each commit, and
 * every life that follows replays all of them.
 */
export async function editForEver(work: Work, name: string, replica: Replica): Promise<never> {
  const { host, death, run, say, commits } = work
  for (let at = 0; ; at += 1) {
    const token = `<${run}:${at}>`
    say({ type: 'trying-edit', name, token })
    await death.around('an edit', () => host.edit(name, replica.add(token)))
    say({ type: 'edited', name, token })
    for (let commit = 0; commit < 3; commit += 1) await once(commits, 'committed')
  }
}

/** Saves no more often than somebody commits: without a commit since, it would write the same images again. */
export async function saveForEver({ host, death, commits }: Work): Promise<never> {
  for (;;) {
    await death.around('saving', () => host.save())
    await once(commits, 'committed')
  }
}

/** Replaces plugins by their other version, or tries a bad one; makes some permanent, and has some taken back. */
export async function reloadForEver(work: Work, entries: readonly CatalogueEntry[]): Promise<never> {
  for (;;) {
    const entry = entries[work.random(entries.length)] as CatalogueEntry
    const outcome = await reloadOnce(work, entry)
    work.say({ type: 'reload', id: entry.id, outcome })
    await turn()
  }
}

async function reloadOnce({ host, random, say }: Work, entry: CatalogueEntry): Promise<string> {
  const { plugins } = host
  const handle = plugins.plugin(entry.id)
  if (handle === undefined) throw new Error(`${entry.id} is not installed`)
  const bad = entry.bad()[random(4)]
  try {
    const hanging = bad?.code === 'STEP_TIMEOUT' ? givenUpInOpen(bad.plugin) : undefined
    const { plugin, version } = bad ? { plugin: hanging?.plugin ?? bad.plugin, version: '' } : otherVersion(host, entry)
    const end = random(3)
    if (end === 0 && !bad) say({ type: 'trying-permanent', id: entry.id, version })
    const bakes = end === 0 && random(2) === 0
    const result = await plugins.reload(handle, plugin, {
      ...(bakes && { bake: { ms: 20, healthy: () => random(2) === 0 } }),
      ...(hanging && { signal: hanging.signal }),
    })
    if (bad) throw new Error(`${entry.id} ${bad.fault}, and was accepted`)
    if (end === 0 && !bakes) await plugins.makePermanent(result.handle)
    const { bake } = await result.finalized
    if (bake?.outcome === 'healthy' ? bake.error === undefined : end === 0 && !bakes)
      say({ type: 'permanent', id: entry.id, version })
    return bake?.outcome ?? 'committed'
  } catch (error) {
    if (!ReloadError.is(error) || (!bad && !error.retryable)) throw error
    return error.code
  }
}

/**
 * A version that hangs in `open`, and a signal that fires as soon as it does: a deadline would be over too soon on a
 * busy machine.
 */
function givenUpInOpen(hanging: Plugin): { readonly plugin: Plugin; readonly signal: AbortSignal } {
  const giveUp = new AbortController()
  const plugin = lookingInto(hanging, indexKind, (provider) => {
    const open = provider.open.bind(provider)
    provider.open = (...given) => {
      setImmediate(() => giveUp.abort())
      return open(...given)
    }
  })
  return { plugin, signal: giveUp.signal }
}

export function otherVersion(
  host: ExampleHost,
  entry: CatalogueEntry,
): { readonly plugin: ReturnType<CatalogueEntry['v1']>; readonly version: string } {
  const serving = host.plugins.plugins().find(({ id, state }) => id === entry.id && state !== 'retired')
  const plugin = serving?.version === entry.v1().manifest.version ? entry.v2() : entry.v1()
  return { plugin, version: plugin.manifest.version }
}
