const MAX_TEXT_LENGTH = 200

/** A value in a message. */
export function textOf(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : describeValue(value)
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}… (${text.length} characters)` : text
}

function describeValue(value: unknown): string {
  try {
    return String(value)
  } catch {
    return `a value of type ${typeof value} that has no text`
  }
}
