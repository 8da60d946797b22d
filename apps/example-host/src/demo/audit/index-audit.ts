import { indexKind } from '@uni/reload-index'
import { everyDocument } from '../../host/queries.js'
import type { ExampleHost } from '../../host/example-host.js'
import type { Acknowledged } from '../acknowledged.js'

export interface IndexAudit {
  readonly name: string
  readonly documents: number
  /** Acknowledged documents that the index lacks, or has in another revision. */
  readonly missing: number
  /** Documents the index has that nobody was told of. */
  readonly extra: number
}

/** Reads a whole index back and holds it against what was acknowledged. */
export async function auditIndex(host: ExampleHost, name: string, acknowledged: Acknowledged): Promise<IndexAudit> {
  using lease = host.plugins.capture({ label: 'index audit' })
  const answer = await lease.resource(indexKind, name).probe(everyDocument, Number.MAX_SAFE_INTEGER)
  const found = new Map(
    Array.from({ length: answer.numRows }, (_, row) => [
      String(answer.getChild('id')?.get(row)),
      Number(answer.getChild('revision')?.get(row)),
    ]),
  )
  const expected = [...acknowledged.documents.values()].filter(({ deleted }) => !deleted)
  const missing = expected.filter(({ id, revision }) => found.get(id) !== revision).length
  const extra =
    [...found.keys()].filter((id) => acknowledged.documents.get(id)?.deleted !== false).length +
    (answer.numRows - found.size)
  return { name, documents: found.size, missing, extra }
}
