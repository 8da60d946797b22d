export const LONGEST_STRING = 40

/** The beginning of a name that others have chosen. */
export function shortened(name: string): string {
  return name.length > LONGEST_STRING ? `${name.slice(0, LONGEST_STRING)}…` : name
}
