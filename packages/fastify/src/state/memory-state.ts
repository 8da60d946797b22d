import type { QueueOptions } from '@uni/reload-core'
import { memory, openMemory, type MemoryProvider } from '@uni/reload-state'
import type { StateDefinition } from './definition.js'

/** All values of an app are on one surface, so that a version may bring further ones. */
export const values = memory<unknown, unknown>('fastify-memory')

/** A value in memory, as routes work with it. */
export interface MemoryState<T, W> {
  /**
   * Applies one write, in order. Resolves when it is applied; rejects with what `apply` threw.
   *
   * @throws ReloadError as `write` of a live resource does. Before its version serves, it waits for that.
   */
  write(write: W, options?: QueueOptions): Promise<void>
  /** Gives what `look` gives, which is called between two writes. It must not change the value. */
  read<U>(look: (value: T) => U, options?: QueueOptions): Promise<U>
}

/**
 * A value in memory that reloads keep, as `memory` of `@uni/reload-state` has it: the next version reads it by its
 * `migrate` and its `schema`, and is refused where it cannot.
 */
export function memoryState<T, W>(provider: Omit<MemoryProvider<T, W>, 'name'>): StateDefinition<MemoryState<T, W>> {
  return {
    open({ name, registrar, used }) {
      registrar.provide(values, named(provider, name))
      const live = registrar.open(values, { name, key: name, open: openMemory() })
      return {
        write(write, options) {
          used()
          return live.write(write, options)
        },
        read(look, options) {
          used()
          return live.use(({ value }) => look(value as T), options)
        },
      }
    },
  }
}

/** Its methods are called on what was given. */
function named<T, W>(provider: Omit<MemoryProvider<T, W>, 'name'>, name: string): MemoryProvider<T, W> {
  const { initial, apply, schema, migrate, codec } = provider
  return {
    name,
    initial: initial.bind(provider),
    apply: apply.bind(provider),
    ...(migrate && { migrate: migrate.bind(provider) }),
    schema,
    codec,
  }
}
