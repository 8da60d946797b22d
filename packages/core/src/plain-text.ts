/** What is left of a text that is longer than `limit` UTF-16 code units says how much was left out. */
export function bounded(text: string, limit: number): string {
  // What was cut once already is not cut for the note that says so.
  if (text.length <= limit + 40) return text
  return `${text.slice(0, limit)}… (${text.length - limit} more characters)`
}

/** Control characters, line breaks among them, what changes the direction of writing, and halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A text as one line of a log can have it: bounded, and unprintable characters escaped as in JSON. */
export function plainText(text: string, limit: number): string {
  return bounded(text, limit).replace(
    UNPRINTABLE,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const SHORT: Readonly<Partial<Record<string, string>>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
