import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MODELS, SHARED, type Model } from './model.js'
import { readPanReport, type PanReport } from './pan-report.js'
import { mustRun, run } from './run.js'

export interface Verified {
  readonly report: PanReport
  /** Of the search, without the making of the checker. */
  readonly seconds: number
  readonly finding: Finding | undefined
}

/** Where a search ended that found something. */
interface Finding {
  /** The invariant that the assertion cites, or `deadlock`. */
  readonly by: string
  readonly place: string
  /** The end of the run that leads there. */
  readonly trail: string
}

/** Steps of a failing run that are worth printing. */
const LAST_STEPS = 60

/** Makes a checker of the model, with or without a fault, and has it search every run. */
export async function verify({ name }: Model, fault?: string): Promise<Verified> {
  const defined = fault === undefined ? [] : [`-D${fault}`]
  const folder = await mkdtemp(join(tmpdir(), 'uni-model-'))
  try {
    for (const file of [`${name}.pml`, SHARED]) await copyFile(join(MODELS, file), join(folder, file))
    await mustRun('spin', ['-a', ...defined, `${name}.pml`], folder)
    // A fault is found at once, so it is the making of its checker that takes time.
    await mustRun(
      'cc',
      ['-w', fault === undefined ? '-O2' : '-O0', '-DSAFETY', '-DCOLLAPSE', '-o', 'pan', 'pan.c'],
      folder,
    )
    const startedAt = performance.now()
    const { output } = await run(join(folder, 'pan'), ['-m1000000', '-w22'], folder)
    const seconds = (performance.now() - startedAt) / 1000
    const report = readPanReport(output)
    return {
      report,
      seconds,
      finding: report.error === undefined ? undefined : await find(name, defined, folder, report.error),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Runs the model along the trail that the checker left, to the line that failed. */
async function find(name: string, defined: readonly string[], folder: string, error: string): Promise<Finding> {
  const { output } = await run('spin', ['-t', '-p', '-g', ...defined, `${name}.pml`], folder)
  const steps = output.split('\n').slice(-LAST_STEPS).join('\n')
  if (error.includes('invalid end state')) return { by: 'deadlock', place: `${name}.pml`, trail: steps }
  const [, file = '', line = ''] = /^spin: (\S+\.pml):(\d+), Error: assertion violated/m.exec(output) ?? []
  const text =
    (await readFile(join(folder, file === '' ? `${name}.pml` : file), 'utf8')).split('\n')[Number(line) - 1] ?? ''
  const [, by = 'an assertion that cites no invariant'] = /\/\* (\w+) \*\/\s*$/.exec(text) ?? []
  return { by, place: `${file}:${line} ${text.replace(/\/\*.*$/, '').trim()}`, trail: steps }
}
