/** Rows of cells in columns, as Markdown. `right` has the columns of numbers. */
export function toTable([head = [], ...body]: readonly (readonly string[])[], right: readonly number[]): string {
  const rows = [head, ...body]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (right.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => (right.includes(at) ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  return `${[line(head), rule, ...body.map(line)].join('\n')}\n`
}
