/** What a version has left behind: it is still there when nothing can reach the version any more. */
export interface Residue {
  readonly kind: 'timer' | 'handle' | 'listener' | 'global' | 'rejection'
  /** In words, such as `an interval of 60000 ms`. */
  readonly what: string
  /** `id@version` of the plugin. */
  readonly plugin: string
  /**
   * The calls that made it, innermost first, with their places in the source; of a promise that was rejected, those that
   * made the error. `undefined` of a global, and where the error says nothing of them.
   */
  readonly stack: string | undefined
}

export function describeResidue({ plugin, what, stack }: Residue): string {
  const hint = 'End it by the signal lifetime, or with onDispose.'
  return `plugin "${plugin}" has left ${what} behind. ${hint}${stack === undefined ? '' : `\n${stack}`}`
}
