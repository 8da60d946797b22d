import { synchronous } from '@uni/reload-core'
import type { RecordBatch, Schema } from 'apache-arrow'
import { answersOf, type Asking, type Questions } from './canary.js'
import type { IndexHandle } from './contract.js'
import { compareAnswers } from './same-rows.js'
import { diffSchema, showDifferences } from './schema/diff.js'
import { assertSchema, nameOf } from './shape.js'

/** What a handle answered at one point in time, which its successor has to answer, too. */
export interface Meaning {
  readonly questions: Questions
  readonly answers: readonly RecordBatch[]
  /** `undefined` where schemas are not compared. */
  readonly schema: Schema | undefined
  readonly abilities: readonly Ability[]
}

/** How a successor differs in meaning. */
export interface MeaningDifference {
  readonly reason: string
  /** Machine-readable, such as a list of {@link SchemaDifference}. */
  readonly details: unknown
}

/** The optional members of a handle that its users may call. */
const ABILITIES = ['apply', 'probeFiltered', 'supportsFilter'] as const
type Ability = (typeof ABILITIES)[number]

export async function meaningOf(
  handle: IndexHandle,
  questions: Questions,
  checkSchema: boolean,
  asking: Asking,
): Promise<Meaning> {
  const answers = await answersOf(handle, questions, asking)
  // If the deadline has passed, the handle may be closed by now.
  asking.signal.throwIfAborted()
  return {
    questions,
    answers,
    schema: checkSchema ? schemaOf(handle) : undefined,
    abilities: abilitiesOf(handle),
  }
}

/**
 * Compares contracts first, then answers.
 *
 * @param redact names values of rows by kind and size only.
 */
export async function differenceIn(
  successor: IndexHandle,
  meant: Meaning,
  asking: Asking,
  redact = false,
): Promise<MeaningDifference | undefined> {
  return (
    lostAbility(successor, meant) ??
    otherSchema(successor, meant) ??
    (await otherAnswer(successor, meant, asking, redact))
  )
}

function lostAbility(successor: IndexHandle, { abilities }: Meaning): MeaningDifference | undefined {
  const left = abilitiesOf(successor)
  const lost = abilities.filter((ability) => !left.includes(ability))
  if (lost.length === 0) return undefined
  return {
    reason: `the new handle lacks what the old one has and its users may call: ${lost.join(', ')}`,
    details: { lost },
  }
}

function otherSchema(successor: IndexHandle, { schema }: Meaning): MeaningDifference | undefined {
  if (schema === undefined) return undefined
  const differences = diffSchema(schema, schemaOf(successor))
  if (differences.length === 0) return undefined
  return {
    reason: `the new handle's schema differs from the old one's: ${showDifferences(differences)}`,
    details: differences,
  }
}

async function otherAnswer(
  successor: IndexHandle,
  { questions, answers }: Meaning,
  asking: Asking,
  redact: boolean,
): Promise<MeaningDifference | undefined> {
  const now = await answersOf(successor, questions, asking)
  for (const [query, answer] of answers.entries()) {
    const given = now[query] as RecordBatch
    const difference = questions.compare
      ? told(questions.compare(answer, given))
      : await asking.slices.run(compareAnswers(answer, given, redact), asking.signal)
    if (difference === undefined) continue
    return {
      reason: `the new handle opened the image and answers query ${query} otherwise: ${difference}`,
      details: { query, difference },
    }
  }
  return undefined
}

function told(difference: unknown): string | undefined {
  const said = synchronous(difference, 'compare()', 'it says what differs')
  if (said === undefined || typeof said === 'string') return said
  throw new TypeError(`compare() returned ${nameOf(said)}. Expected a text that says what differs, or undefined`)
}

function schemaOf(handle: IndexHandle): Schema {
  const schema: unknown = synchronous(handle.schema(), 'schema()', 'it is asked for between two writes')
  assertSchema(schema, 'what schema() returned')
  return schema
}

function abilitiesOf(handle: IndexHandle): Ability[] {
  return ABILITIES.filter((ability) => Boolean(handle[ability]))
}
