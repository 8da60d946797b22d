import { describeThrown } from '@uni/reload-core'

/** The result of a call into a provider. A failure is kept as text, so that nothing of the plugin is kept in memory. */
export type Attempt<T> = { readonly value: T } | { readonly throws: string }

export function attempt<T>(call: () => T): Attempt<T> {
  try {
    return { value: call() }
  } catch (error) {
    return { throws: describeThrown(error) }
  }
}
