import { setTimeout as delay } from 'node:timers/promises'
import type { DocumentChange } from '../../host/document.js'
import type { ExampleHost } from '../../host/example-host.js'
import type { Acknowledged } from '../acknowledged.js'

export interface CommitterOptions {
  readonly host: ExampleHost
  readonly acknowledged: Acknowledged
  /** The documents this committer owns, so that it alone decides their revisions. */
  readonly owned: readonly DocumentChange[]
  readonly name: string
  readonly stop: AbortSignal
}

/** Updates, deletes, restores and adds documents, one commit after another. A commit that fails ends the demo. */
export async function runCommitter({ host, acknowledged, owned, name, stop }: CommitterOptions): Promise<void> {
  const documents = [...owned]
  for (let turn = 0; !stop.aborted; turn += 1) {
    if (turn % 10 === 9)
      documents.push({
        id: `${name}-${turn}`,
        revision: -1,
        deleted: false,
        title: `A new film by ${name}`,
        details: `made at turn ${turn}`,
      })
    const at = turn % 10 === 9 ? documents.length - 1 : (turn * 7919) % documents.length
    const before = documents[at] as DocumentChange
    const change: DocumentChange = {
      ...before,
      revision: before.revision + 1,
      deleted: turn % 23 === 22 ? !before.deleted : false,
      details: `${before.details.split(' · ')[0]} · turn ${turn} of ${name}`,
    }
    acknowledged.commit(await host.commit([change]), [change])
    documents[at] = change
    await delay(2)
  }
}
