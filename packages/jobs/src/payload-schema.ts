/**
 * A schema of payloads: of any library that implements Standard Schema 1 (https://standardschema.dev), such as Zod, Valibot
 * or ArkType.
 */
export interface PayloadSchema<I = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): PayloadResult<I> | Promise<PayloadResult<I>>
    readonly types?: { readonly input: unknown; readonly output: I } | undefined
  }
}

type PayloadResult<I> =
  { readonly value: I; readonly issues?: undefined } | { readonly issues: readonly PayloadIssue[] }

/** What a schema has against a payload. */
export interface PayloadIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const SHOWN = 3

/** What `schema` has against `payload`; none where it takes it. */
export async function issuesOf(schema: PayloadSchema, payload: unknown): Promise<readonly PayloadIssue[]> {
  return (await schema['~standard'].validate(payload)).issues ?? []
}

/**
 * What `schema` makes of `payload`.
 *
 * @throws PayloadError where it refuses the payload.
 */
export async function conform<I>(schema: PayloadSchema<I>, payload: unknown, job: string): Promise<I> {
  const result = await schema['~standard'].validate(payload)
  if (result.issues !== undefined) throw new PayloadError(job, result.issues)
  return result.value
}

/** The first few issues, each with its field, in one line. */
export function describeIssues(issues: readonly PayloadIssue[]): string {
  const shown = issues.slice(0, SHOWN).map(({ path, message }) => `${fieldOf(path)}: ${message}`)
  return [...shown, ...(issues.length > SHOWN ? [`and ${issues.length - SHOWN} more`] : [])].join('; ')
}

function fieldOf(path: PayloadIssue['path'] = []): string {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return ['payload', ...keys.map(String)].join('.')
}

/** An attempt was not begun, as the schema of the version that serves refuses its payload. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError'
  readonly issues: readonly PayloadIssue[]

  /** @param job its name and id, for the message. */
  constructor(job: string, issues: readonly PayloadIssue[]) {
    super(
      `job ${job} was not run, as the schema of the version that serves refuses its payload: ${describeIssues(issues)}. ` +
        'Correct the payload, or reload to a version that takes it; then try the job again.',
    )
    this.issues = issues
  }
}
