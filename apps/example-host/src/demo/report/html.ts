import type { Report } from './report.js'

/** The report as one page, with nothing to load from elsewhere. */
export function toHtml(report: Report): string {
  const { load, latency, reloads, cdc, index, crdt, state, calls, invariants, ...run } = report
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>uni-reload: the demo's report</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b1f24 }
  h2 { margin-top: 2rem } table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d8dee4; font-variant-numeric: tabular-nums; vertical-align: top }
  .false { background: #ffebe9 } .table { overflow-x: auto }
</style>
<h1>Every plugin replaced under load</h1>
${section('The run', [{ ...run, dataset: `${report.dataset.name} (${report.dataset.rows} rows)` }])}
${section('Invariants', invariants, 'held')}
${section('Reloads', reloads, 'asExpected')}
${section('Load', [load])}
${section('Query latency', [latency])}
${section('CDC sinks, read back', cdc)}
${section('Indexes, read back', index)}
${section('Documents, read back', crdt, 'replicasConverged')}
${section('Visits, drafts, messages and reminders, as their users saw them', state)}
${section('Calls, broadcasts and firings, by version', calls)}
</html>
`
}

function section(title: string, objects: readonly object[], verdict?: string): string {
  const rows = objects.map((object) => object as Readonly<Record<string, unknown>>)
  const columns = Object.keys(rows[0] ?? {})
  const body = rows.map(
    (row) =>
      `<tr class="${verdict === undefined ? '' : String(row[verdict])}">${columns.map((column) => `<td>${cell(row[column])}</td>`).join('')}</tr>`,
  )
  return `<h2>${escape(title)}</h2>
<div class="table"><table><thead><tr>${columns.map((column) => `<th>${escape(column)}</th>`).join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`
}

function cell(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(2)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return escape(String(value ?? ''))
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
