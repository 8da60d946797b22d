import { createHook, type AsyncHook } from 'node:async_hooks'
import { makingOf, type Making } from './making.js'
import type { Residue } from './residue.js'

/** What keeps a process alive or a file open, by its type among Node's asynchronous resources. */
const TYPES: Readonly<Record<string, string>> = {
  Timeout: 'a timer',
  Immediate: 'an immediate',
  FSEVENTWRAP: 'a watcher of files',
  STATWATCHER: 'a watcher of a file',
  FILEHANDLE: 'an open file',
  DIRHANDLE: 'an open folder',
  TCPSERVERWRAP: 'a TCP server',
  TCPWRAP: 'a TCP socket',
  PIPESERVERWRAP: 'a server on a pipe',
  PIPEWRAP: 'a pipe',
  UDPWRAP: 'a UDP socket',
  PROCESSWRAP: 'a child process',
  SIGNALWRAP: 'a handler of a signal',
  WORKER: 'a worker thread',
  MESSAGEPORT: 'a message port',
}

interface Open {
  readonly making: Making
  readonly kind: Residue['kind']
  readonly what: string
}

/** The timers and handles that plugins have made, and that are not ended yet (`node:async_hooks`). */
export class OpenResources {
  readonly #open = new Map<number, Open>()
  readonly #hook: AsyncHook

  constructor() {
    const init = (id: number, type: string, _trigger: number, resource: object): void => {
      const what = TYPES[type]
      const making = what === undefined ? undefined : makingOf(init)
      if (what === undefined || making === undefined) return
      const isTimer = type === 'Timeout' || type === 'Immediate'
      this.#open.set(id, { making, kind: isTimer ? 'timer' : 'handle', what: timerText(resource) ?? what })
    }
    this.#hook = createHook({
      init,
      destroy: (id) => {
        this.#open.delete(id)
      },
    }).enable()
  }

  left(isOf: (making: Making) => boolean): Omit<Residue, 'plugin'>[] {
    return Array.from(this.#open.values())
      .filter(({ making }) => isOf(making))
      .map(({ making: { stack }, kind, what }) => ({ kind, what, stack }))
  }

  end(): void {
    this.#hook.disable()
  }
}

/** As Node shows a timer to whoever inspects it. */
function timerText(resource: object): string | undefined {
  const { _idleTimeout: ms, _repeat: repeat } = resource as { _idleTimeout?: unknown; _repeat?: unknown }
  if (typeof ms !== 'number') return undefined
  return typeof repeat === 'number' ? `an interval of ${repeat} ms` : `a timer of ${ms} ms`
}
