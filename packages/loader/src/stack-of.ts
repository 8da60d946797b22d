/** The stack of what was thrown; empty where it has none. */
export function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : ''
  } catch {
    // A getter of the plugin's.
    return ''
  }
}
