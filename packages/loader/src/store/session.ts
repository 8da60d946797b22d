import { randomUUID } from 'node:crypto'
import { mkdirSync, rmdirSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { hasEnded, isMissing, isNotedProcess, noteProcess, type NotedProcess } from '@uni/reload-core/node'
import { writeDurably } from './durable-file.js'
import { unlessMissing } from './store-error.js'
import type { StoreLayout } from './store-layout.js'

/**
 * A session is begun in milliseconds. What is older, and has not come to its name, was left by a crash. Until it has
 * its name, that says which process it is of, as there is nothing in it yet.
 */
const BEGUN_WITHIN_MS = 60_000
const BEGINNING = /^begin~(\d+)~(.*)~/

/** Whether a process that cannot be looked at, such as one of another machine, has ended. */
export type Gone = (holder: NotedProcess) => boolean

/**
 * What one open store holds and is writing, in a folder of its own: nobody else writes there, so a session of a process
 * that has ended is removed whole.
 *
 * - `owner` the process.
 * - `lock/<id>` the process again: what this session takes the lock of the store with.
 * - `holds/<name>` a folder for each hold.
 * - `drafts` files on their way into the store.
 */
export class Session {
  readonly id: string
  readonly path: string
  #named = 0

  private constructor(id: string, path: string) {
    this.id = id
    this.path = path
  }

  static async begin(layout: StoreLayout): Promise<Session> {
    const noted = await noteProcess()
    const owner = JSON.stringify(noted)
    for (;;) {
      const id = randomUUID()
      const path = join(layout.sessions, id)
      const draft = join(layout.sessions, `begin~${noted.pid}~${encodeURIComponent(noted.host)}~${id}`)
      try {
        await mkdir(draft, { mode: 0o700 })
        await Promise.all(['lock', 'holds', 'drafts'].map((name) => mkdir(join(draft, name), { mode: 0o700 })))
        await Promise.all([writeDurably(join(draft, 'owner'), owner), writeDurably(join(draft, 'lock', id), owner)])
        await rename(draft, path)
        return new Session(id, path)
      } catch (error) {
        // Another process took it for what a crash had left, as this one stood still for long.
        if (!isMissing(error) || (await unlessMissing(stat(layout.sessions))) === undefined) throw error
      }
    }
  }

  /** The folder that is moved to where the lock of the store is. */
  get lock(): string {
    return join(this.path, 'lock')
  }

  /** Where a file or a folder is made that is moved into the store once it is whole. */
  draft(): string {
    this.#named += 1
    return join(this.path, 'drafts', String(this.#named))
  }

  /**
   * A collection reads the holds, and then removes what nobody holds, all with the lock. Both calls are synchronous: each
   * is one step in the file system, and a turn of the event loop would take longer.
   */
  hold(kept: string): string {
    this.#named += 1
    const name = `${kept}~${this.#named}`
    mkdirSync(join(this.path, 'holds', name))
    return name
  }

  letGo(hold: string): void {
    try {
      rmdirSync(join(this.path, 'holds', hold))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async end(layout: StoreLayout): Promise<void> {
    await putAside(layout, this.path)
    await emptyTrash(layout)
  }
}

/** What the sessions of processes that may be running hold, by the names of what is held. */
export async function heldBySessions(layout: StoreLayout, gone: Gone): Promise<Set<string>> {
  const held = new Set<string>()
  for (const path of await sessionsThere(layout)) {
    if (await isOver(path, gone)) continue
    for (const hold of (await unlessMissing(readdir(join(path, 'holds')))) ?? []) {
      held.add(hold.slice(0, hold.lastIndexOf('~')))
    }
  }
  return held
}

/**
 * Removes the sessions of processes that have ended, and whatever else a crash has left that is no part of the store.
 */
export async function sweep(layout: StoreLayout, gone: Gone): Promise<void> {
  for (const path of await sessionsThere(layout)) if (await isOver(path, gone)) await putAside(layout, path)
  await emptyTrash(layout)
}

/** Takes a folder out of its place in one step. What is in it is removed by whoever empties the trash. */
export async function putAside(layout: StoreLayout, path: string): Promise<void> {
  await unlessMissing(rename(path, join(layout.trash, randomUUID())))
}

async function emptyTrash(layout: StoreLayout): Promise<void> {
  for (const name of (await unlessMissing(readdir(layout.trash))) ?? []) {
    // Several processes may remove the same.
    await rm(join(layout.trash, name), { recursive: true, force: true, maxRetries: 3 })
  }
}

async function sessionsThere(layout: StoreLayout): Promise<string[]> {
  const entries = await readdir(layout.sessions, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(layout.sessions, name))
}

async function isOver(path: string, gone: Gone): Promise<boolean> {
  const [beginning, pid, host = ''] = BEGINNING.exec(basename(path)) ?? []
  if (beginning !== undefined) {
    const begun = await unlessMissing(stat(path))
    if (begun === undefined) return false
    const noted = { pid: Number(pid), host: decodeURIComponent(host), since: begun.mtime.toISOString() }
    return begun.mtimeMs < Date.now() - BEGUN_WITHIN_MS || (await hasEnded(noted))
  }
  const text = await unlessMissing(readFile(join(path, 'owner'), 'utf8'))
  return text !== undefined && (await hasLeft(text, gone))
}

/** Whether the process that a text notes down has ended. One that cannot be read may be running. */
export async function hasLeft(text: string, gone: Gone): Promise<boolean> {
  const owner = ownerIn(text)
  return owner !== undefined && ((await hasEnded(owner)) || gone(owner))
}

export function ownerIn(text: string): NotedProcess | undefined {
  try {
    const owner: unknown = JSON.parse(text)
    return isNotedProcess(owner) ? owner : undefined
  } catch {
    return undefined
  }
}
