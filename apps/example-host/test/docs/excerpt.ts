import type { Block, Source } from './blocks.js'

/** How far a block goes along with a file, from the line on where it goes along farthest. */
interface Match {
  readonly source: Source
  /** Of the file, counted from 0. */
  readonly start: number
  readonly lines: number
}

/** What is wrong with a block; `undefined` where it is part of a file that tests run, line by line, apart from its indentation. */
export function notRun(block: Block, sources: readonly Source[]): string | undefined {
  let best: Match | undefined
  for (const source of sources) {
    for (const start of source.lines.keys()) {
      const lines = alike(block, source, start)
      if (lines === block.lines.length) return undefined
      if (lines > (best?.lines ?? 0)) best = { source, start, lines }
    }
  }
  const place = `${block.file}:${block.line}`
  if (best === undefined) {
    return `${place}: no test runs this block. Put it, as it is printed, into a test or into a file that a test imports, such as one of apps/example-host/test/docs`
  }
  const { source, start, lines } = best
  return [
    `${block.file}:${block.line + lines}: the document and ${source.file}:${start + lines + 1} differ, which the block from line ${block.line} on is an excerpt of. Make them alike:`,
    `  document: ${block.lines[lines] ?? ''}`, `  test:     ${(source.lines[start + lines] ?? '').trimStart()}`,
  ].join('\n')
}

/** How many lines of the block are those of the file from `start` on, indented by the same. */
function alike({ lines }: Block, source: Source, start: number): number {
  const [first = ''] = lines
  const line = source.lines[start] ?? ''
  if (first === '' || !line.endsWith(first)) return 0
  const indent = line.slice(0, line.length - first.length)
  if (indent.trim() !== '') return 0
  let at = 0
  while (at < lines.length && source.lines[start + at] === (lines[at] === '' ? '' : `${indent}${lines[at]}`)) at += 1
  return at
}
