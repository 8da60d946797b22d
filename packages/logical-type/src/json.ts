/** Any number, or a string to skip over, in a JSON text. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
/** A decimal of up to this many significant digits has a double of its own. */
const EXACT_DIGITS = 15

/**
 * Parses JSON without making different numbers equal: one that a double cannot hold is kept as its text, wrapped so
 * that it does not equal a string. Undefined where `text` is not JSON.
 */
export function parseExactJson(text: string): { readonly value: unknown } | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  const exact = text.replace(TOKEN, (token) =>
    token.startsWith('"') || isExact(token) ? token : JSON.stringify({ number: token }),
  )
  return { value: JSON.parse(exact) }
}

function isExact(token: string): boolean {
  const digits = (token.split(/[eE]/, 1)[0] as string).replace(/[-.]/g, '').replace(/^0+/, '')
  const value = Number(token)
  return digits.length <= EXACT_DIGITS && Number.isFinite(value) && (value !== 0 || digits === '')
}
