/** Lines shown before and after the one that is meant. */
const AROUND = 2

/**
 * The lines of `source` around a place, with a mark below it.
 *
 * @param line from 1.
 * @param column from 1, in UTF-16 code units.
 * @param length of what is marked.
 */
export function codeFrame(source: string, line: number, column: number, length = 1): string {
  const lines = source.split(/\r\n|[\n\r]/)
  const first = Math.max(1, line - AROUND)
  const shown = lines.slice(first - 1, line + AROUND)
  const width = String(first + shown.length - 1).length
  return shown
    .flatMap((text, at) => {
      const number = first + at
      const numbered = `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`
      if (number !== line) return [numbered.trimEnd()]
      // A tab stays one, so that the mark stands below what it marks.
      const indent = text.slice(0, column - 1).replace(/[^\t]/g, ' ')
      return [numbered, `  ${' '.repeat(width)} | ${indent}${'^'.repeat(Math.max(1, length))}`]
    })
    .join('\n')
}
