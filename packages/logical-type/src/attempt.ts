import { describeThrown } from '@uni/reload-core'

/**
 * What a call into a provider came to. A failure is kept as text, so that nothing of the plugin stays behind with it.
 */
export type Attempt<T> = { readonly value: T } | { readonly throws: string }

export function attempt<T>(call: () => T): Attempt<T> {
  try {
    return { value: call() }
  } catch (error) {
    return { throws: describeThrown(error) }
  }
}
