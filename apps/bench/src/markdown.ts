import { cpus } from 'node:os'
import type { Peer, Result, Spread } from './result.js'

const HEAD = ['what', 'unit', 'ours', 'min – max', 'beside', 'its', 'min – max', 'ratio', 'limit']
/** The columns of numbers, by place. */
const RIGHT = [2, 3, 5, 6, 7, 8]

/** `RESULTS.md`: every question with the sizes it was asked in. */
export function toMarkdown(results: readonly Result[]): string {
  const [cpu] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpu?.model.trim() ?? 'an unknown processor'} × ${cpus().length}, ${process.platform} ${process.arch}`
  return `# What it costs

Written by \`pnpm bench\` on ${date}: Node ${process.versions.node}, ${machine}.

Medians of several rounds, with the least and the most. Ours and what stands beside it take turns within each round, so compare
them with one another and not with another machine. The ratio is ours over the first peer, or over the limit where there is no
peer; for GB/s more is better, for all else less. A limit is what the project allows itself, and fails nothing.

${[...byQuestion(results)].map(([id, answers]) => `## ${id}\n\n${answers.map(asked).join('\n')}\n\n${toTable(answers)}`).join('\n')}`
}

/** One row for each result, and for each further peer. */
export function toTable(results: readonly Result[]): string {
  const rows = [HEAD, ...results.flatMap(rowsOf)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (RIGHT.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => (RIGHT.includes(at) ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  const [head = [], ...body] = rows
  return `${[line(head), rule, ...body.map(line)].join('\n')}\n`
}

function byQuestion(results: readonly Result[]): Map<string, Result[]> {
  const groups = new Map<string, Result[]>()
  for (const result of results) {
    const id = result.id.split('/')[0] as string
    groups.set(id, [...(groups.get(id) ?? []), result])
  }
  return groups
}

function asked({ id, question }: Result): string {
  return `- \`${id}\`: ${question}.`
}

function rowsOf({ id, unit, ours, peers, ratio, limit }: Result): string[][] {
  const [first, ...others] = peers
  const own = [id, unit, number(ours.median), range(ours)]
  return [
    [...own, ...peerCells(first), ratio === null ? '' : `${number(ratio)} ×`, limit === null ? '' : number(limit)],
    ...others.map((peer) => ['', '', '', '', ...peerCells(peer), '', '']),
  ]
}

function peerCells(peer: Peer | undefined): [name: string, median: string, range: string] {
  return peer === undefined ? ['', '', ''] : [`${peer.name} (${peer.version})`, number(peer.median), range(peer)]
}

function range({ min, max }: Spread): string {
  return min === max ? '' : `${number(min)} – ${number(max)}`
}

/** Three digits: the rest is noise. Whole numbers stay whole. */
function number(value: number): string {
  return value.toLocaleString(
    'en',
    Number.isInteger(value) || value >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  )
}
