import type { Model } from './model.js'
import { missingFromReadme } from './readme.js'
import { toTable } from './table.js'
import { verify } from './verify.js'

const HEAD = ['model', 'planted', 'expected', 'states', 'depth', 'MB', 's', 'found']

/** Checks each model, and that each planted fault is found by what it says. Prints a table; whether all is well. */
export async function checkModels(models: readonly Model[]): Promise<boolean> {
  const problems = await missingFromReadme(models)
  const rows: string[][] = []
  const startedAt = performance.now()
  let states = 0
  for (const model of models) {
    const sound = await verify(model)
    states += sound.report.states
    const { report, finding, seconds } = sound
    rows.push([
      model.name,
      '',
      'nothing',
      ...numbers(report, seconds),
      finding === undefined ? 'nothing' : `${finding.by}: ${finding.place}`,
    ])
    if (finding !== undefined)
      problems.push(`${model.name} has an error: ${finding.by}, ${finding.place}\n${finding.trail}`)
    else if (report.unreached.length > 0)
      problems.push(
        `${model.name} has places that no run comes to, so nothing is known about them:\n  ` +
          `${report.unreached.join('\n  ')}`,
      )
    for (const fault of model.faults) {
      const planted = await verify(model, fault.name)
      const by = planted.finding?.by ?? 'nothing'
      rows.push([
        '',
        fault.name,
        fault.by,
        ...numbers(planted.report, planted.seconds),
        by === fault.by ? `${by}: ${planted.finding?.place}` : `NOT AS EXPECTED: ${by}`,
      ])
      if (by !== fault.by)
        problems.push(
          `${model.name} with ${fault.name} (${fault.text}): expected ${fault.by} to find it, and ${by} did`,
        )
    }
    process.stderr.write(
      `${model.name}: ${report.states.toLocaleString('en')} states, ${model.faults.length} planted faults\n`,
    )
  }
  const faults = models.reduce((sum, model) => sum + model.faults.length, 0)
  process.stdout.write(`\n${toTable([HEAD, ...rows], [3, 4, 5, 6])}\n`)
  process.stdout.write(
    `${models.length} models, ${states.toLocaleString('en')} states, ${faults} planted faults, ` +
      `${Math.round((performance.now() - startedAt) / 1000)} s\n`,
  )
  for (const problem of problems) process.stdout.write(`\nPROBLEM: ${problem}\n`)
  if (problems.length === 0) process.stdout.write('No model has an error, and each planted fault was found.\n')
  return problems.length === 0
}

function numbers(
  { states, depth, megabytes }: { states: number; depth: number; megabytes: number },
  seconds: number,
): string[] {
  return [states.toLocaleString('en'), String(depth), String(Math.round(megabytes)), seconds.toFixed(1)]
}
