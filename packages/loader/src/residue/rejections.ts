import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Promises that are rejected and that nobody handles, by what was being called when they were made. What Node does about
 * them stays as it is: its event `unhandledRejection` is looked at on its way, and nobody listens to it.
 */
export class Rejections<T> {
  readonly #calling = new AsyncLocalStorage<T>()
  readonly #undo: () => void

  /** @param onUnhandled must not throw. */
  constructor(onUnhandled: (of: T, reason: unknown) => void) {
    const calling = this.#calling
    const { emit } = process
    const own = Object.getOwnPropertyDescriptor(process, 'emit')
    const patched = function (this: NodeJS.Process, event: string, ...given: unknown[]): boolean {
      const of = event === 'unhandledRejection' ? calling.getStore() : undefined
      if (of !== undefined) onUnhandled(of, given[0])
      return (emit as (...all: unknown[]) => boolean).call(this, event, ...given)
    }
    process.emit = patched as typeof process.emit
    this.#undo = () => {
      // Where somebody else has patched it since, theirs stays.
      if ((process.emit as unknown) !== patched) return
      if (own === undefined) Reflect.deleteProperty(process, 'emit')
      else process.emit = emit
    }
  }

  /** Calls it: what is made meanwhile, or comes of that later, is of `of`. */
  calling<R>(of: T, call: () => R): R {
    return this.#calling.run(of, call)
  }

  end(): void {
    this.#undo()
    this.#calling.disable()
  }
}
