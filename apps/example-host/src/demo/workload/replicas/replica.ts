/** A person's own copy of what is edited together. */
export interface Replica {
  /** Adds a token that occurs nowhere else. Returns the operation that says so. */
  add(token: string): Uint8Array
  /** Takes over whatever `other`, a replica of the same kind, has seen. */
  catchUpWith(other: Replica): void
  /** Whether the host's value, as its CRDT kind tells it, is what this replica shows. */
  agreesWith(value: unknown): boolean
}

/** How often each of `tokens` occurs in what a CRDT kind tells as its value. */
export function occurrences(value: unknown, tokens: readonly string[]): readonly number[] {
  const text = JSON.stringify(value)
  return tokens.map((token) => text.split(JSON.stringify(token).slice(1, -1)).length - 1)
}
