import type { Colors } from 'picocolors/types.js'
import { table } from '../../table.js'
import type { CheckReport, CheckVerdict } from '../check-report.js'

/** For people: a line for each verdict, and whether the upgrade may be hot-reloaded. */
export function checkText(report: CheckReport, colors: Colors): string {
  const { plugin, from, to, compatible, verdicts, failure, ms } = report
  const style: Record<CheckVerdict['level'], (text: string) => string> = {
    compatible: colors.green,
    migrate: colors.cyan,
    unjudged: colors.yellow,
    incompatible: colors.red,
    added: colors.dim,
    removed: colors.yellow,
  }
  const rows = verdicts.map(({ surface, key, resource, level, reason = '' }) => [
    `  ${style[level](level)}`,
    `${surface} "${key}"${resource === undefined ? '' : `, resource "${resource}"`}`,
    reason,
  ])
  const answer = compatible ? colors.green('can be hot-reloaded') : colors.red('cannot be hot-reloaded')
  const failed = failure === undefined ? '' : `  ${colors.red('fails')}  ${failure.message}\n`
  return `${table(rows)}${failed}${plugin} ${from} → ${to} ${answer} (${ms} ms)\n`
}
