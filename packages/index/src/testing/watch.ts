import type { MaybePromise } from '@uni/reload-core'
import type { IndexBuild, IndexContext, IndexHandle, IndexImage, IndexKindProvider } from '../contract.js'

/** A handle, and how often it was closed. */
export interface Watched {
  readonly handle: IndexHandle
  closes: number
}

/** What a test changes in a provider, at the points where a provider may fail. */
export interface Interference {
  /** Called in place of `open`. */
  open?(open: () => Promise<IndexHandle>, ctx: IndexContext, image: IndexImage): MaybePromise<IndexHandle>
  /** Members of an opened handle that replace its own. */
  opened?(handle: IndexHandle): Partial<IndexHandle>
  /** Members of a built handle that replace its own. */
  built?(handle: IndexHandle): Partial<IndexHandle>
}

/**
 * A provider whose handles are watched. It has no samples, as they would be judged before each reload and are tested
 * elsewhere.
 */
export class WatchedProvider implements IndexKindProvider {
  readonly kind: string
  readonly handles: Watched[] = []
  readonly #provider: IndexKindProvider
  readonly #interference: Interference

  constructor(provider: IndexKindProvider, interference: Interference = {}) {
    this.kind = provider.kind
    this.#provider = provider
    this.#interference = interference
  }

  async build(...args: Parameters<IndexKindProvider['build']>): Promise<IndexBuild> {
    const build = await this.#provider.build(...args)
    return { finalize: async () => this.#watch(await build.finalize(), this.#interference.built) }
  }

  async open(image: IndexImage, ctx: IndexContext): Promise<IndexHandle> {
    const open = async (): Promise<IndexHandle> =>
      this.#watch(await this.#provider.open(image, ctx), this.#interference.opened)
    return this.#interference.open ? this.#interference.open(open, ctx, image) : open()
  }

  #watch(handle: IndexHandle, interfere: Interference['opened']): IndexHandle {
    const watched: { handle: IndexHandle; closes: number } = { handle, closes: 0 }
    watched.handle = replacing(handle, {
      ...interfere?.(handle),
      close: () => {
        watched.closes += 1
        return handle.close?.()
      },
    })
    this.handles.push(watched)
    return watched.handle
  }
}

/** The handle with some members replaced; the others keep their private state. */
export function replacing(handle: IndexHandle, members: Partial<IndexHandle>): IndexHandle {
  return new Proxy<IndexHandle>(members as IndexHandle, {
    get(own, name) {
      if (name in own) return Reflect.get(own, name) as unknown
      const value: unknown = Reflect.get(handle, name, handle)
      return typeof value === 'function' ? (value.bind(handle) as unknown) : value
    },
    has: (own, name) => name in own || name in handle,
  })
}
