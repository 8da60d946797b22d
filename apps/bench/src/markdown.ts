import { cpus } from 'node:os'
import { ASKED_TWICE } from './questions/index.js'
import { reached, type Peer, type Result, type Spread } from './result.js'
import { SHORT_PAUSES } from './short-pauses.js'

const HEAD = ['what', 'unit', 'ours', 'min – max', 'beside', 'its', 'min – max', 'ratio', 'limit', 'reached']
/** The columns of numbers, by place. */
const RIGHT = [2, 3, 5, 6, 7, 8]
/** Rows with a limit, what of it was measured, and whether that is enough. */
const LIMIT_HEAD = ['what', 'limit', 'measured', 'min – max', 'rounds', 'reached']
const LIMIT_RIGHT = [1, 2, 3, 4]

/** `RESULTS.md`: every question with the sizes it was asked in. @param seconds how long it took to ask them. */
export function toMarkdown(results: readonly Result[], seconds: number): string {
  const [cpu] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpu?.model.trim() ?? 'an unknown processor'} × ${cpus().length}, ${process.platform} ${process.arch}`
  return `# What it costs

Written by \`pnpm bench\` on ${date}: Node ${process.versions.node}, ${machine}, in ${Math.round(seconds / 60)} minutes.

Medians of several rounds, with the least and the most. Ours and what stands beside it take turns within each round, so compare
them with one another and not with another machine. The ratio is ours over the first peer, or over the limit where there is no
peer; for GB/s and writes a second more is better, for all else less.

${[...ASKED_TWICE].map((id) => `\`${id}\``).join(', ')} are asked of a process that is started as a host with short pauses is
(\`${SHORT_PAUSES.join(' ')}\`); beside it is the same with Node's defaults.

## What is aimed at

A limit is what the project allows itself, of our median or, where it says so, of the ratio. It fails nothing. "In the median":
not in every round.

${table(LIMIT_HEAD, LIMIT_RIGHT, results.filter(({ limit }) => limit !== null).map(limitRow))}
${[...byQuestion(results)].map(([id, answers]) => `## ${id}\n\n${answers.map(asked).join('\n')}\n\n${toTable(answers)}`).join('\n')}`
}

/** One row for each result, and for each further peer. */
export function toTable(results: readonly Result[]): string {
  return table(HEAD, RIGHT, results.flatMap(rowsOf))
}

function table(head: readonly string[], right: readonly number[], body: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...body.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (right.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => (right.includes(at) ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  return `${[line(head), rule, ...body.map(line)].join('\n')}\n`
}

function limitRow(result: Result): string[] {
  const { id, unit, ours, rounds, ratio, peers, limitOf } = result
  const [said, median] = limitOf === 'ratio' ? [`× ${peers[0]?.name}`, ratio ?? Number.NaN] : [unit, ours.median]
  return [
    id,
    `${number(result.limit as number)} ${said}`,
    number(median),
    limitOf === 'ratio' ? '' : range(ours),
    String(rounds),
    reached(result) ?? '',
  ]
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

function rowsOf(result: Result): string[][] {
  const { id, unit, ours, peers, ratio } = result
  const [first, ...others] = peers
  const own = [id, unit, number(ours.median), range(ours)]
  return [
    [...own, ...peerCells(first), ratio === null ? '' : `${number(ratio)} ×`, limitCell(result), reached(result) ?? ''],
    ...others.map((peer) => ['', '', '', '', ...peerCells(peer), '', '', '']),
  ]
}

function limitCell({ limit, limitOf }: Result): string {
  if (limit === null) return ''
  return limitOf === 'ratio' ? `${number(limit)} ×` : number(limit)
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
