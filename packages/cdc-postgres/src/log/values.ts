const BOOL = 16
const FLOATS: ReadonlySet<number> = new Set([700, 701])
const INTEGERS: ReadonlySet<number> = new Set([21, 23, 26])

/** A value as PostgreSQL writes it, as a piece of JSON: `PostgresValue` says what becomes of which type. */
export type ToJson = (text: string) => string

/** @param oid of the type; those that are built in never change. */
export function toJson(oid: number): ToJson {
  if (INTEGERS.has(oid)) return asIs
  if (FLOATS.has(oid)) return finite
  return oid === BOOL ? truth : quote
}

const asIs: ToJson = (text) => text
const truth: ToJson = (text) => (text === 't' ? 'true' : 'false')
const quote: ToJson = (text) => JSON.stringify(text)
/** `NaN` and the infinities have no number in JSON. */
const finite: ToJson = (text) => (/^[-\d]/.test(text) && text !== '-Infinity' ? text : quote(text))

/** A row, from the JSON of its values. What is `undefined` is left out. */
export function rowJson(names: readonly string[], valueOf: (at: number) => string | null | undefined): string {
  let json = '{'
  for (let at = 0; at < names.length; at += 1) {
    const value = valueOf(at)
    if (value !== undefined) json += `${json === '{' ? '' : ','}${names[at]}:${value}`
  }
  return `${json}}`
}
