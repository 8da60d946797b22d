import { EventEmitter, getEventListeners } from 'node:events'
import { makingOf, type Making } from './making.js'
import type { Residue } from './residue.js'

interface Listening {
  readonly making: Making
  readonly target: WeakRef<EventEmitter | EventTarget>
  readonly event: string | symbol
  readonly listener: WeakRef<object>
}

type Hidden = Parameters<typeof makingOf>[0]
type Heard = Parameters<EventEmitter['on']>

const ADDING = ['on', 'addListener', 'prependListener'] as const
const INIT = EventEmitter as unknown as { init: (this: EventEmitter, options: unknown) => void }

/**
 * The listeners that plugins have put on what is not their own: on emitters that something else has made, and on those
 * targets of events that the host has named, as nobody can tell who made one.
 */
export class Listeners {
  readonly #targets: ReadonlySet<EventTarget>
  readonly #own = new WeakSet<EventEmitter>()
  #listening: Listening[] = []
  readonly #undo: (() => void)[] = []

  constructor(targets: readonly EventTarget[]) {
    this.#targets = new Set(targets)
    for (const name of ADDING) this.#patchAdding(name)
    this.#patchInit()
    if (targets.length > 0) this.#patchTarget()
  }

  left(isOf: (making: Making) => boolean): Omit<Residue, 'plugin'>[] {
    this.#listening = this.#listening.filter(isListening)
    return this.#listening
      .filter(({ making }) => isOf(making))
      .map(({ making: { stack }, event, target }) => ({
        kind: 'listener',
        what: `a listener to "${String(event)}" of ${nameOf(target.deref())}`,
        stack,
      }))
  }

  end(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }

  #patchAdding(name: (typeof ADDING)[number]): void {
    const { prototype } = EventEmitter
    const add = prototype[name]
    const heard = (target: EventEmitter, event: string | symbol, listener: object): void => {
      if (!this.#own.has(target)) this.#heard(target, event, listener, patched)
    }
    function patched(this: EventEmitter, ...[event, listener]: Heard): EventEmitter {
      heard(this, event, listener)
      return add.call(this, event, listener)
    }
    this.#patch(prototype, name, patched)
  }

  /** What the constructor of an emitter calls. */
  #patchInit(): void {
    const { init } = INIT
    const own = this.#own
    function patched(this: EventEmitter, options: unknown): void {
      if (makingOf(patched) !== undefined) own.add(this)
      init.call(this, options)
    }
    this.#patch(INIT, 'init', patched)
  }

  #patchTarget(): void {
    const { prototype } = EventTarget
    const add = prototype.addEventListener
    const heard = (target: EventTarget, event: string, listener: object | null): void => {
      if (listener !== null && this.#targets.has(target)) this.#heard(target, event, listener, patched)
    }
    function patched(this: EventTarget, ...args: Parameters<typeof add>): void {
      heard(this, args[0], args[1])
      add.apply(this, args)
    }
    this.#patch(prototype, 'addEventListener', patched)
  }

  #heard(target: EventEmitter | EventTarget, event: string | symbol, listener: object, hidden: Hidden): void {
    if (typeof listener !== 'function' && typeof listener !== 'object') return
    const making = makingOf(hidden)
    if (making === undefined) return
    this.#listening.push({ making, target: new WeakRef(target), event, listener: new WeakRef(listener) })
  }

  /** Where somebody else has patched it since, theirs stays. */
  #patch<T extends object, K extends keyof T>(owner: T, name: K, patched: T[K]): void {
    const before = owner[name]
    owner[name] = patched
    this.#undo.push(() => {
      if (owner[name] === patched) owner[name] = before
    })
  }
}

function isListening({ target, event, listener }: Listening): boolean {
  const [on, heard] = [target.deref(), listener.deref()]
  if (on === undefined || heard === undefined) return false
  if ((on as { destroyed?: unknown }).destroyed === true) return false
  if (!(on instanceof EventEmitter)) return getEventListeners(on, String(event)).includes(heard as () => void)
  return on.rawListeners(event).includes(heard as () => void)
}

function nameOf(target: object | undefined): string {
  if (target === process) return 'process'
  return `a ${target?.constructor.name ?? 'target that is gone'}`
}
