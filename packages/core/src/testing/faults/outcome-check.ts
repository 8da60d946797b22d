import { ReloadError, describeThrown, type ReloadErrorCode, type ReloadPhase } from '../../errors.js'
import type { FinalReport, ReloadResult } from '../../host/report/results.js'
import type { Breaches } from './breaches.js'
import type { Cell, Strike } from './cell.js'
import { sortOf } from './fault.js'

/** The end of a reload as its caller sees it. */
export interface Ending {
  readonly results: readonly ReloadResult[] | undefined
  readonly error: unknown
  readonly finals: readonly FinalReport[]
  /** How many deadlines had to pass for it to end. */
  readonly deadlines: number
}

/** The code of a failure in each phase. */
const CODES: Partial<Record<ReloadPhase, ReloadErrorCode>> = {
  stage: 'PLUGIN',
  preflight: 'SCHEMA_INCOMPAT',
  prepare: 'HANDOFF',
  converge: 'HANDOFF',
}

/** Compares what the caller was told with what the cell expects (I3, I10). */
export function checkEnding(cell: Cell, surface: string, ending: Ending, breaches: Breaches): void {
  const { error, finals } = ending
  const { course } = cell.circumstances
  const errors = [
    ...finals.flatMap((final) => final.errors),
    ...(ending.results ?? []).flatMap(({ report }) =>
      report.handoffs.flatMap(({ activationError }) => activationError ?? []),
    ),
    ...(ending.results ?? []).flatMap(({ report }) => report.commitErrors),
  ]
  switch (cell.expected) {
    case 'either':
      if (error !== undefined) checkTyped(error, breaches)
      return
    case 'fails':
      checkRefused(error, breaches)
      if (cell.misshape) checkMisshape(error, breaches)
      else checkPlace(error, cell.strikes[0] as Strike, surface, ending.deadlines, breaches)
      return
    case 'is aborted':
      checkAborted(error, breaches)
      return
    case 'as without':
      // The reload is refused for the first fault; the second one breaks its rollback.
      if (cell.strikes.length > 1) checkRefused(error, breaches)
      else if (course === 'is aborted at the commit') checkAborted(error, breaches)
      else checkResolved(cell, ending, breaches)
      breaches.must(
        errors.length === 0,
        'I10',
        `the final report has the errors ${errors.map(describeThrown).join(', ')}`,
      )
      return
    case 'outlives':
      checkResolved(cell, ending, breaches)
      breaches.must(
        errors.length === 0,
        'I10',
        `the final report has the errors ${errors.map(describeThrown).join(', ')}`,
      )
      checkOutlived(cell.strikes.at(-1) as Strike, ending, breaches)
      return
    case 'commits, reporting':
      checkResolved(cell, ending, breaches)
      breaches.must(errors.length > 0, 'I10', 'neither report says what failed')
      for (const one of errors) checkTyped(one, breaches)
      return
    case 'fails, reporting':
      checkReporting(error, breaches)
  }
}

function checkResolved({ circumstances }: Cell, { results, error, finals }: Ending, breaches: Breaches): void {
  breaches.must(error === undefined, 'I10', `it is refused: ${describeThrown(error)}`)
  const status = circumstances.course === 'is a dry run' ? 'dry-run' : 'committed'
  for (const result of results ?? [])
    breaches.must(result.status === status, 'I10', `its status is ${result.status}, not ${status}`)
  for (const final of finals) breaches.must(final.status === 'finalized', 'I9', `the old version is ${final.status}`)
}

function checkOutlived({ site: { position } }: Strike, { results }: Ending, breaches: Breaches): void {
  const handoffs = (results ?? []).flatMap(({ report }) => report.handoffs)
  const errors = handoffs.flatMap(({ outlived }) => outlived)
  const keys = handoffs.flatMap(({ key, outlived }) => outlived.map(() => key)).join(', ')
  breaches.must(
    keys === position,
    'I10',
    `one call of ${position} was outlived, and in the report \`outlived\` has ` +
      `${keys && 'errors of '}${keys || 'nothing'}`,
  )
  for (const error of errors) checkTyped(error, breaches)
}

function checkTyped(error: unknown, breaches: Breaches): error is ReloadError {
  const typed = ReloadError.is(error)
  breaches.must(typed, 'I10', `what is thrown is no ReloadError: ${describeThrown(error)}`)
  if (typed)
    breaches.must(
      (error.phase !== undefined && error.step !== undefined) || error.code === 'ABORTED',
      'I10',
      `the error names neither phase nor step: ${error.message}`,
    )
  return typed
}

function checkRefused(error: unknown, breaches: Breaches): void {
  breaches.must(error !== undefined, 'I10', 'it succeeds, although a call of its failed')
  if (!ReloadError.is(error)) return
  breaches.must(
    error.rollbackErrors.length === 0,
    'I3',
    `undoing it failed: ${error.rollbackErrors.map(describeThrown).join(', ')}`,
  )
}

function checkAborted(error: unknown, breaches: Breaches): void {
  checkRefused(error, breaches)
  if (error === undefined || !checkTyped(error, breaches)) return
  breaches.must(error.code === 'ABORTED', 'I10', `the code is ${error.code}, not ABORTED: ${error.message}`)
}

function checkMisshape(error: unknown, breaches: Breaches): void {
  const code = ReloadError.is(error) ? error.code : undefined
  breaches.must(
    code === 'MANIFEST' || code === 'PLUGIN',
    'I10',
    `the code is ${code}, neither MANIFEST nor PLUGIN: ${describeThrown(error)}`,
  )
}

function checkPlace(
  error: unknown,
  { site, fault }: Strike,
  surface: string,
  deadlines: number,
  breaches: Breaches,
): void {
  if (error === undefined || !checkTyped(error, breaches)) return
  const code = deadlines > 0 ? 'STEP_TIMEOUT' : sortOf(fault) === 'shares' ? 'DUPLICATE' : CODES[site.phase]
  breaches.must(error.code === code, 'I10', `the code is ${error.code}, not ${code}: ${error.message}`)
  breaches.must(error.phase === site.phase, 'I10', `the phase is ${error.phase}, not ${site.phase}: ${error.message}`)
  breaches.must(error.report !== undefined, 'I10', 'the error has no report of what was done')
  if (site.call.startsWith('plugin.')) {
    breaches.must(
      error.plugin?.startsWith(`${site.position}@`) === true,
      'I10',
      `the error names the plugin ${error.plugin}, not ${site.position}: ${error.message}`,
    )
    return
  }
  breaches.must(error.plugin !== undefined, 'I10', `the error names no plugin: ${error.message}`)
  breaches.must(
    error.surface === surface,
    'I10',
    `the error names the surface ${error.surface}, not ${surface}: ${error.message}`,
  )
  breaches.must(
    error.key === site.position,
    'I10',
    `the error names the key ${error.key}, not ${site.position}: ${error.message}`,
  )
}

function checkReporting(error: unknown, breaches: Breaches): void {
  breaches.must(error !== undefined, 'I10', 'it succeeds, although undoing it failed')
  if (error === undefined || !checkTyped(error, breaches)) return
  breaches.must(
    error.rollbackErrors.length > 0,
    'I10',
    `the error does not say what failed on the way back: ${error.message}`,
  )
  for (const one of error.rollbackErrors) checkTyped(one, breaches)
}
