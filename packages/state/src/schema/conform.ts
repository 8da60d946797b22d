import type { StandardSchemaV1 } from '@standard-schema/spec'

const SHOWN = 3

/**
 * The output of a schema for a value (standard-schema 1.1, `~standard.validate`).
 *
 * @throws SchemaError where the schema refuses the value.
 */
export async function conform<T>(schema: StandardSchemaV1<unknown, T>, value: unknown): Promise<T> {
  const result = await schema['~standard'].validate(value)
  if (result.issues !== undefined) throw new SchemaError(result.issues)
  return result.value
}

/** A schema has refused a value. The message has the first few issues, each with its place. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly issues: readonly StandardSchemaV1.Issue[]

  constructor(issues: readonly StandardSchemaV1.Issue[]) {
    const shown = issues.slice(0, SHOWN).map(({ path, message }) => `${placeOf(path)}: ${message}`)
    const more = issues.length > SHOWN ? `; and ${issues.length - SHOWN} more` : ''
    super(`the schema refuses the value: ${shown.join('; ')}${more}`)
    this.issues = issues
  }
}

function placeOf(path: StandardSchemaV1.Issue['path'] = []): string {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return ['value', ...keys.map(String)].join('.')
}
