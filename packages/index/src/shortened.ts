const LONGEST = 60

/** The beginning of `text`, by which a person knows it again in a message. */
export function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
}
