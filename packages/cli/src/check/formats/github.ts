import { relative } from 'node:path'
import type { CheckReport, CheckVerdict } from '../check-report.js'

const COMMANDS: Readonly<Partial<Record<CheckVerdict['level'], string>>> = {
  incompatible: 'error',
  unjudged: 'warning',
  removed: 'warning',
  migrate: 'notice',
}

/** Annotations of GitHub Actions, a line each: workflow commands. */
export function checkGithub({ plugin, from, to, verdicts, failure, file }: CheckReport, cwd: string): string {
  const annotation = (command: string, title: string, message: string): string =>
    `::${command} file=${property(relative(cwd, file))},title=${property(title)}::${data(message)}\n`
  const lines = verdicts.flatMap(({ surface, key, level, reason }) => {
    const command = COMMANDS[level]
    return command === undefined ? [] : [annotation(command, `${surface} "${key}" is ${level}`, reason ?? level)]
  })
  if (failure !== undefined) lines.push(annotation('error', `${plugin} ${from} → ${to} fails`, failure.message))
  return lines.join('')
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
