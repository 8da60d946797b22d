import { ReloadError, describeThrown, type ErrorPlace } from '../errors.js'

const PLACE = ['plugin', 'surface', 'key', 'resource', 'step'] as const satisfies readonly (keyof ErrorPlace)[]

/** The error of a dry run that went well and could not be undone. Its place is that of the first of `errors`. */
export function dryRunError(errors: readonly unknown[]): ReloadError {
  const [first] = errors
  const place = ReloadError.is(first) ? Object.fromEntries(PLACE.map((name) => [name, first[name]])) : {}
  const error = new ReloadError('HANDOFF', `the dry run succeeded, and could not be undone: ${describeThrown(first)}`, {
    ...place,
    phase: 'rollback',
    hint: 'rollbackErrors has each failure. Release by hand what these calls have left open.',
    cause: first,
  })
  error.rollbackErrors.push(...errors)
  return error
}
