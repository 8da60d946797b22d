import { ASYNC_DISPOSE } from '@uni/reload-core'

/** Keeps a version, or a package, in the store until it is let go, or its process ends. */
export class Hold implements AsyncDisposable {
  readonly #end: () => Promise<void>
  #ended: Promise<void> | undefined

  constructor(end: () => Promise<void>) {
    this.#end = end
  }

  /** Lets go, once. What nobody else holds either is removed by the next collection. */
  letGo(): Promise<void> {
    return (this.#ended ??= this.#end())
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.letGo()
  }

  /**
   * Lets go when nothing reaches `object` any more, such as a plugin: a host keeps the plugins that are installed, retired
   * and held, or standing by, and whoever may install it has it too.
   */
  lastAsLongAs(object: object): void {
    registry.register(object, this)
  }
}

const registry = new FinalizationRegistry<Hold>((hold) => {
  // A hold that stays is let go with its process: nothing is lost by that but room.
  hold.letGo().catch(() => {})
})
