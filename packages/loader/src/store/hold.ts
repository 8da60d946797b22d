import { ASYNC_DISPOSE } from '@uni/reload-core'

/** Keeps a version, or a package, in the store until it is let go, or its process ends. */
export class Hold implements AsyncDisposable {
  #end: (() => void) | undefined

  /** @param end does not throw. */
  constructor(end: () => void) {
    this.#end = end
  }

  /** Lets go, once. What nobody else holds either is removed by the next collection. */
  letGo(): Promise<void> {
    const end = this.#end
    this.#end = undefined
    end?.()
    return Promise.resolve()
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.letGo()
  }

  /**
   * Lets go when nothing reaches `object` any more, such as a plugin that whoever has loaded it may still install.
   */
  lastAsLongAs(object: object): void {
    registry.register(object, this)
  }
}

const registry = new FinalizationRegistry<Hold>((hold) => {
  void hold.letGo()
})
