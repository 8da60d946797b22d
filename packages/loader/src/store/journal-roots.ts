import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileJournal, replaceFile, type RecoveryPlan } from '@uni/reload-core/node'
import { digestOf, hexOf } from '../digest.js'
import { LoadError } from '../errors.js'
import { filesIn } from './files-in.js'
import { unlessMissing } from './store-error.js'
import { versionName, type StoreLayout } from './store-layout.js'

/** Notes down, for every process that has the store open, that the versions of this journal are kept. */
export async function addJournal(layout: StoreLayout, journal: string): Promise<void> {
  const file = rootOf(layout, journal)
  if ((await unlessMissing(readFile(file, 'utf8'))) !== journal) await replaceFile(file, journal)
}

/**
 * The names of the versions that a crash would come back on by now, in any host that has this store.
 *
 * @throws LoadError `STORE` where a journal is not there, or cannot be read: nobody knows then what it names.
 */
export async function namedByJournals(layout: StoreLayout): Promise<Set<string>> {
  const named = new Set<string>()
  for (const root of await filesIn(layout.journals)) {
    if (!/^[0-9a-f]{64}$/.test(root)) continue
    const journal = await readFile(join(layout.journals, root), 'utf8')
    for (const { id, version } of (await planOf(journal, join(layout.journals, root))).plugins.values()) {
      if (version !== undefined) named.add(versionName(id, version))
    }
  }
  return named
}

async function planOf(journal: string, root: string): Promise<RecoveryPlan> {
  const hint = `Restore it. If its host is gone for good, remove ${root}: its versions are then no longer kept.`
  let cause: unknown
  try {
    const plan = await FileJournal.read(journal)
    if (plan !== undefined) return plan
  } catch (error) {
    cause = error
  }
  throw new LoadError('STORE', `nothing is collected: ${journal}, whose versions are kept, cannot be read`, {
    hint,
    ...(cause !== undefined && { cause }),
  })
}

function rootOf(layout: StoreLayout, journal: string): string {
  return join(layout.journals, hexOf(digestOf(journal)))
}
