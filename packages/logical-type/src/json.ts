/** A number in a JSON text, or a string, which is skipped. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
/** Decimals of up to this many significant digits are different doubles. */
const EXACT_DIGITS = 15

/**
 * Parses JSON without making different numbers equal: a number that a double cannot hold is kept as its text, wrapped
 * so that it does not equal a string. `undefined` where `text` is not JSON.
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
