const LONGEST = 60

/** The beginning of `text`, long enough for a person to recognise it. */
export function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
}
