import type { CheckReport } from '../check-report.js'

/** For test reports of CI: a test case for each verdict. @see https://github.com/testmoapp/junitxml */
export function checkJunit({ plugin, from, to, verdicts, failure, ms }: CheckReport): string {
  const suite = `${plugin} ${from} → ${to}`
  const cases = verdicts.map(({ surface, key, resource, level, reason = '' }) => {
    const name = `${surface} "${key}"${resource === undefined ? '' : `, resource "${resource}"`}`
    const inner =
      level === 'incompatible'
        ? `<failure message="${escaped(reason)}"/>`
        : level === 'unjudged'
          ? `<skipped message="${escaped(reason)}"/>`
          : `<system-out>${escaped(`${level}${reason === '' ? '' : `: ${reason}`}`)}</system-out>`
    return `    <testcase classname="${escaped(suite)}" name="${escaped(name)}">${inner}</testcase>\n`
  })
  if (failure !== undefined) {
    const inner = `<error type="${escaped(failure.code)}" message="${escaped(failure.message)}"/>`
    cases.push(`    <testcase classname="${escaped(suite)}" name="reload">${inner}</testcase>\n`)
  }
  const count = (level: string): number => verdicts.filter((verdict) => verdict.level === level).length
  const counts = `tests="${cases.length}" failures="${count('incompatible')}" skipped="${count('unjudged')}"`
  const errors = `errors="${failure === undefined ? 0 : 1}" time="${(ms / 1000).toFixed(3)}"`
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts} ${errors}>\n` +
    `  <testsuite name="${escaped(suite)}" ${counts} ${errors}>\n${cases.join('')}  </testsuite>\n</testsuites>\n`
  )
}

/** What XML 1.0 cannot hold at all is left out. */
function escaped(text: string): string {
  return text
    .replaceAll(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
}
