import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describeProcess, errnoOf, isMissing } from '@uni/reload-core/node'
import { LoadError } from '../errors.js'
import { hasLeft, ownerIn, type Gone, type Session } from './session.js'
import { unlessMissing } from './store-error.js'
import type { StoreLayout } from './store-layout.js'

const LONGEST_PAUSE_MS = 20

/** What platforms say where a folder that is not empty is in the place that another one is moved to. */
const TAKEN: ReadonlySet<string | undefined> = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'])

/**
 * One at a time, among all processes that have a store open. Who takes the lock moves a folder of its own to the place
 * of the lock: that fails while a folder with a file is there, and is one step where there is none, or an empty one.
 * The file is named after its session, so that nobody can remove the lock of another by mistake: whoever finds that the
 * session's process has ended removes that one file.
 */
export class StoreLock {
  readonly #layout: StoreLayout
  readonly #session: Session
  readonly #gone: Gone
  readonly #patienceMs: number
  #last: Promise<unknown> = Promise.resolve()

  constructor(layout: StoreLayout, session: Session, gone: Gone, patienceMs: number) {
    this.#layout = layout
    this.#session = session
    this.#gone = gone
    this.#patienceMs = patienceMs
  }

  /** @throws LoadError `STORE` where another process keeps the lock; whatever `work` throws. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#run(work))
    this.#last = done.catch(() => {})
    return done
  }

  /**
   * Resolves when all work is over that anybody began with the lock before this was called. Nearly always there is
   * none, which one look tells.
   */
  async settled(): Promise<void> {
    if (!(await this.#isFree())) await this.run(() => Promise.resolve())
  }

  /** Of a lock that nobody has, nothing is there, or a folder without a file. */
  async #isFree(): Promise<boolean> {
    if (!existsSync(this.#layout.lock)) return true
    try {
      await rmdir(this.#layout.lock)
      return true
    } catch (error) {
      return isMissing(error)
    }
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    await this.#take()
    try {
      return await work()
    } finally {
      await this.#giveBack()
    }
  }

  async #take(): Promise<void> {
    const until = Date.now() + this.#patienceMs
    for (let pause = 1; !(await this.#move()); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const holder = await this.#holder()
      if (Date.now() > until) throw this.#kept(holder ?? '')
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
    }
  }

  async #move(): Promise<boolean> {
    try {
      await rename(this.#session.lock, this.#layout.lock)
      return true
    } catch (error) {
      if (!TAKEN.has(errnoOf(error))) throw error
      const held = await unlessMissing(readdir(this.#layout.lock))
      // It was given back meanwhile, or else this is no lock that keeps the folder from being moved.
      if (held === undefined && errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
      return false
    }
  }

  /** What is noted down of the process that has the lock; `undefined` where nobody has it any more. */
  async #holder(): Promise<string | undefined> {
    const [name] = (await unlessMissing(readdir(this.#layout.lock))) ?? []
    if (name === undefined) {
      // Where an empty folder is in the way, as on Windows.
      await rmdir(this.#layout.lock).catch(() => {})
      return undefined
    }
    const text = await unlessMissing(readFile(join(this.#layout.lock, name), 'utf8'))
    if (text === undefined || !(await hasLeft(text, this.#gone))) return text
    await rm(join(this.#layout.lock, name), { force: true })
    return undefined
  }

  async #giveBack(): Promise<void> {
    const { lock, id } = this.#session
    try {
      await mkdir(lock, { mode: 0o700 })
      await rename(join(this.#layout.lock, id), join(lock, id))
    } catch (error) {
      if (!isMissing(error)) throw error
      throw new LoadError('STORE', `the store in ${this.#layout.root} was taken from this process while it worked`, {
        hint: 'Another one was told by its option gone that this process has ended. Open the store anew.',
        cause: error,
      })
    }
  }

  #kept(holder: string): LoadError {
    const owner = ownerIn(holder)
    const who = owner === undefined ? 'somebody, who has left no name' : describeProcess(owner)
    return new LoadError('STORE', `the store in ${this.#layout.root} is kept locked by ${who}`, {
      hint:
        'If that process stands still, let it go on or stop it. If it is gone for good, say so with the option gone, ' +
        `or remove ${this.#layout.lock}.`,
    })
  }
}
