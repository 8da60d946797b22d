import { randomUUID } from 'node:crypto'
import { readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LoadError } from '../errors.js'
import { makeFolder, moveDurably, writeDurably } from './durable-file.js'
import { unlessMissing } from './store-error.js'
import { StoreLayout } from './store-layout.js'

const FORMAT = 'uni-reload plugin store 1\n'
const DRAFT = 'format.'
/** The bits by which others than the owner may write. */
const WRITABLE_BY_OTHERS = 0o022

/**
 * Makes a store in a folder that is empty or not there yet, or finds the one that is there.
 *
 * @throws LoadError `STORE` where something else is there, or others may write to it: what they write would be run.
 */
export async function openFolder(folder: string): Promise<StoreLayout> {
  await makeFolder(folder)
  const layout = new StoreLayout(await realpath(folder))
  await refuseOthers(layout.root)
  while (!(await isFormatted(layout))) await unlessMissing(format(layout))
  for (const it of layout.folders) await makeFolder(it)
  for (const name of await draftsIn(layout)) await rm(join(layout.root, name), { force: true })
  return layout
}

/**
 * The store that is in a folder. Nothing is written.
 *
 * @throws LoadError `STORE` where there is none, or others may write to it.
 */
export async function findFolder(folder: string): Promise<StoreLayout> {
  const root = await unlessMissing(realpath(folder))
  if (root === undefined) {
    throw new LoadError('STORE', `there is no store in ${folder}`, {
      hint: 'Name the folder of one, or make one with PluginStore.open where it can be written.',
    })
  }
  const layout = new StoreLayout(root)
  await refuseOthers(root)
  if (await isFormatted(layout)) return layout
  throw new LoadError('STORE', `${root} is empty`, { hint: 'Make a store there with PluginStore.open.' })
}

async function refuseOthers(root: string): Promise<void> {
  const self = process.geteuid?.()
  if (self === undefined) return
  const { uid, mode } = await stat(root)
  if (uid !== self && uid !== 0) {
    throw new LoadError('STORE', `${root} belongs to another user, and what is in it would be run`, {
      hint: 'Name a folder of the user that the host runs as.',
    })
  }
  if ((mode & WRITABLE_BY_OTHERS) === 0) return
  throw new LoadError('STORE', `others may write to ${root}, and what they write would be run`, {
    hint: `Take that away: chmod go-w ${root}`,
  })
}

async function isFormatted(layout: StoreLayout): Promise<boolean> {
  const found = await unlessMissing(readFile(layout.format, 'utf8'))
  if (found === FORMAT) return true
  const names = await readdir(layout.root)
  if (found === undefined && names.every((name) => name.startsWith(DRAFT))) return false
  const version = /^uni-reload plugin store (\d+)\n$/.exec(found ?? '')?.[1]
  throw new LoadError(
    'STORE',
    version === undefined
      ? `${layout.root} is no plugin store, and is not empty`
      : `the store in ${layout.root} is of format ${version}, and this version reads format 1`,
    { hint: 'Name a folder that nothing else is in.' },
  )
}

/** In one step: a store that has no format has nothing else. */
async function format(layout: StoreLayout): Promise<void> {
  const draft = join(layout.root, `${DRAFT}${randomUUID()}`)
  await writeDurably(draft, FORMAT)
  await moveDurably(draft, layout.format)
}

/** Of processes that ended while they began the store; one that is still at it looks again. */
async function draftsIn(layout: StoreLayout): Promise<string[]> {
  return (await readdir(layout.root)).filter((name) => name.startsWith(DRAFT))
}
