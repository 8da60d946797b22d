import { describeThrown } from '../errors.js'

/**
 * How long a chain of causes is read: longer than any library makes one, and bounded where an error is its own cause.
 */
const MOST = 5

/**
 * The text of what was thrown, followed by the texts of its causes: many libraries have the reason in `cause` alone.
 */
export function describeWithCauses(thrown: unknown): string {
  const texts: string[] = []
  for (const one of chainOf(thrown)) {
    const text = describeThrown(one)
    if (!texts.some((told) => told.includes(text))) texts.push(text)
  }
  return texts.join(': ')
}

const TAKEN_CODES: ReadonlySet<unknown> = new Set([
  'EADDRINUSE',
  'EAGAIN',
  'EBUSY',
  'EEXIST',
  'ELOCKED',
  'ETXTBSY',
  'LEVEL_LOCKED',
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
])
const TAKEN_TEXT =
  /\b(locked|lock (is )?(held|taken)|already (in use|open|opened|running|held|locked)|in use by|another (owner|process|instance|connection)|resource temporarily unavailable)\b/i

/**
 * Whether `thrown` reads as if something that only one may hold, such as a lock or a port, was held by another.
 */
export function looksTaken(thrown: unknown): boolean {
  return chainOf(thrown).some((one) => TAKEN_CODES.has(propertyOf(one, 'code')) || TAKEN_TEXT.test(describeThrown(one)))
}

function chainOf(thrown: unknown): unknown[] {
  const chain = [thrown]
  while (chain.length < MOST) {
    const last = chain.at(-1)
    const errors = propertyOf(last, 'errors')
    const cause = propertyOf(last, 'cause') ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined)
    if (cause === undefined || cause === null) break
    chain.push(cause)
  }
  return chain
}

/** Plugins may throw anything, such as a proxy whose properties cannot be read. */
function propertyOf(thrown: unknown, name: 'cause' | 'code' | 'errors'): unknown {
  try {
    return (thrown as Partial<Record<typeof name, unknown>>)[name]
  } catch {
    return undefined
  }
}
