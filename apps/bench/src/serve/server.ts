import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServerMessage } from './child.js'

/** A server in a process of its own, as a program of operations has it. */
export class Server implements AsyncDisposable {
  readonly port: number
  readonly #name: string
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess

  private constructor(name: string, env: Readonly<Record<string, string>>, child: ChildProcess, port: number) {
    this.#name = name
    this.#env = env
    this.#child = child
    this.port = port
  }

  /** @param name of its program, below `src`. @param env what it is told besides. */
  static async start(name: string, env: Readonly<Record<string, string>> = {}): Promise<Server> {
    const child = forked(name, env, 0)
    return new Server(name, env, child, await portOf(child))
  }

  /** Has it replace its index, and returns once that is done. */
  async reload(): Promise<void> {
    this.#child.send('reload')
    await nextMessage(this.#child)
  }

  /** Ends it in good order, and starts it again where it was. */
  async restart(): Promise<void> {
    await this[Symbol.asyncDispose]()
    this.#child = forked(this.#name, this.#env, this.port)
    await portOf(this.#child)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }
}

function forked(name: string, env: Readonly<Record<string, string>>, port: number): ChildProcess {
  return fork(fileURLToPath(new URL(`${name}.js`, import.meta.url)), {
    env: { ...process.env, ...env, PORT: String(port) },
    execArgv: [],
  })
}

async function portOf(child: ChildProcess): Promise<number> {
  const message = await nextMessage(child)
  if (message === 'reloaded') throw new Error('a server says where it listens before it reloads')
  return message.port
}

function nextMessage(child: ChildProcess): Promise<ServerMessage> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`${child.spawnargs.at(-1)} ended with exit code ${code}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as ServerMessage)
    })
  })
}
