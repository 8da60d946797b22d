import { checkConfig } from '../check/check-config.js'
import { check as checkUpgrade } from '../check/check.js'
import { checkGithub } from '../check/formats/github.js'
import { checkJunit } from '../check/formats/junit.js'
import { checkSarif } from '../check/formats/sarif.js'
import { checkText } from '../check/formats/text.js'
import { EXIT, type ExitCode } from '../exit-code.js'
import type { Io } from '../io.js'

export const FORMATS = ['text', 'json', 'junit', 'sarif', 'github'] as const

export interface CheckChoice {
  readonly from: string
  readonly to: string
  readonly state?: string | undefined
  readonly config?: string | undefined
  readonly format: (typeof FORMATS)[number]
  /** What could not be judged is refused, too. */
  readonly strict: boolean
}

/** May this upgrade be hot-reloaded? `refused` (1) where it may not. */
export async function check(io: Io, { from, to, state, config, format, strict }: CheckChoice): Promise<ExitCode> {
  const { cwd, signal } = io
  const report = await checkUpgrade(await checkConfig(cwd, config), { from, to, state, cwd, signal })
  const texts = {
    text: () => checkText(report, io.colors),
    json: () => `${JSON.stringify(report)}\n`,
    junit: () => checkJunit(report),
    sarif: () => checkSarif(report, cwd),
    github: () => checkGithub(report, cwd),
  }
  io.out(texts[format]())
  const isUnjudged = strict && report.verdicts.some(({ level }) => level === 'unjudged')
  return report.compatible && !isUnjudged ? EXIT.ok : EXIT.refused
}
