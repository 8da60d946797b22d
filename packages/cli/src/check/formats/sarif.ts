import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CheckReport, CheckVerdict } from '../check-report.js'

const LEVELS: Readonly<Record<CheckVerdict['level'], 'error' | 'warning' | 'note' | undefined>> = {
  incompatible: 'error',
  unjudged: 'warning',
  removed: 'warning',
  migrate: 'note',
  compatible: undefined,
  added: undefined,
}
const RULES = {
  incompatible: 'The new version does not go on with what the old one has',
  unjudged: 'There was nothing to compare the two versions by',
  removed: 'The new version no longer provides it',
  migrate: 'The new version goes on with something else than the old one has',
  failed: 'The reload fails',
}

/** For code scanning. @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function checkSarif({ verdicts, failure, file }: CheckReport, cwd: string): string {
  const path = relative(cwd, file)
  const uri = path.startsWith('..') ? pathToFileURL(file).href : path.replaceAll('\\', '/')
  const locations = [{ physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } } }]
  const results = verdicts.flatMap(({ surface, key, level, reason }) => {
    const severity = LEVELS[level]
    if (severity === undefined) return []
    const text = `${surface} "${key}": ${reason ?? RULES[level as keyof typeof RULES]}`
    return [{ ruleId: level as string, level: severity as string, message: { text }, locations }]
  })
  if (failure !== undefined) {
    results.push({ ruleId: 'failed', level: 'error', message: { text: failure.message }, locations })
  }
  const rules = Object.entries(RULES).map(([id, text]) => ({ id, shortDescription: { text } }))
  const run = { tool: { driver: { name: 'uni-reload check', rules } }, results }
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }
  return `${JSON.stringify(log, undefined, 2)}\n`
}
