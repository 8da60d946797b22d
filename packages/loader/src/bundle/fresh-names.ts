/**
 * Identifiers of one length that a text does not have anywhere, so that none of them can meet a name in it.
 *
 * @param prefix that they begin with, which leaves at least four characters.
 */
export function* freshNames(text: string, prefix: string, length: number): Generator<string, never> {
  const digits = length - prefix.length
  // What the first 36³ of them have in common.
  const isApart = !text.includes(prefix + '0'.repeat(digits - 3))
  for (let number = 0; ; number += 1) {
    const name = prefix + number.toString(36).padStart(digits, '0')
    if ((isApart && number < 36 ** 3) || !text.includes(name)) yield name
  }
}
