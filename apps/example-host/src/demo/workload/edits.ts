import { setTimeout as delay } from 'node:timers/promises'
import type { LiveResource } from '@uni/reload-core'
import type { CrdtState } from '@uni/reload-crdt'
import type { Acknowledged } from '../acknowledged.js'
import type { Replica } from './replicas/replica.js'

export interface EditorsOptions {
  readonly resource: LiveResource<CrdtState, Uint8Array>
  /** One for each person. */
  readonly replicas: readonly Replica[]
  readonly acknowledged: Acknowledged
  readonly stop: AbortSignal
}

/** People editing the same thing, each on a replica of their own, and catching up with one another now and then. */
export async function runEditors({ resource, replicas, acknowledged, stop }: EditorsOptions): Promise<void> {
  for (let turn = 0; !stop.aborted; turn += 1) {
    await Promise.all(
      replicas.map(async (replica, person) => {
        const token = `<${person}:${turn}>`
        await resource.write(replica.add(token))
        acknowledged.edit(resource.name, token)
      }),
    )
    const [a, b] = [replicas[turn % replicas.length], replicas[(turn + 1) % replicas.length]]
    if (a && b && turn % 5 === 0) a.catchUpWith(b)
    await delay(40)
  }
}
