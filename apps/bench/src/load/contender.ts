import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { moduleOf } from './code.js'
import type { LoadReply, LoadRequest } from './rounds.js'

/** Milliseconds and KiB a reload. */
export type LoadRound = readonly [ms: number, retainedKib: number]

/** A way of replacing code, in a process of its own: what it retains is its own. */
export class LoadContender {
  readonly #child: ChildProcess
  readonly #reloads: number

  private constructor(child: ChildProcess, reloads: number) {
    this.#child = child
    this.#reloads = reloads
  }

  /** @param reloads how often it replaces the code in one round. */
  static async start(
    name: string,
    reloads: number,
    {
      args = [],
      execArgv = [],
      execPath = process.execPath,
    }: { readonly args?: readonly string[]; readonly execArgv?: readonly string[]; readonly execPath?: string } = {},
  ): Promise<LoadContender> {
    const app = new URL(`load/${name}/app.js`, import.meta.url)
    await writeFile(new URL('plugin.js', app), moduleOf(0))
    const child = fork(fileURLToPath(app), args, { execPath, execArgv: ['--expose-gc', ...execArgv] })
    await messageOf(child, (message) => message === 'ready')
    return new LoadContender(child, reloads)
  }

  async round(): Promise<LoadRound> {
    const request: LoadRequest = { reloads: this.#reloads }
    this.#child.send(request)
    const { msEach, retainedBytesEach } = (await messageOf(
      this.#child,
      (message) => typeof message === 'object' && message !== null && 'msEach' in message,
    )) as LoadReply
    return [msEach, retainedBytesEach / 1024]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }
}

/** The next message of that sort; loaders send others. */
function messageOf(child: ChildProcess, isIt: (message: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`${child.spawnargs.slice(1).join(' ')} ended with exit code ${code}`))
    const onMessage = (message: unknown): void => {
      if (!isIt(message)) return
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(message)
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}
