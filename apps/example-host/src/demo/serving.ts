import {
  aggregateFn,
  backgroundJob,
  hook,
  middleware,
  scalarFn,
  service,
  storageBackend,
} from '@uni/reload-core/surfaces'
import type { AnySurface, Lease } from '@uni/reload-core'
import { cdcOutput } from '@uni/reload-cdc'
import { crdtKind } from '@uni/reload-crdt'
import { indexKind } from '@uni/reload-index'
import { logicalType } from '@uni/reload-logical-type'
import type { ExampleHost } from '../host/example-host.js'
import type { CatalogueEntry } from '../plugins/catalogue.js'
import { chat } from '../plugins/chat/contract.js'
import { drafts } from '../plugins/drafts/contract.js'
import { reminders } from '../plugins/reminders/contract.js'
import { visits } from '../plugins/visits/contract.js'
import { versionOf } from './workload/queries.js'

const SURFACES: readonly AnySurface[] = [
  scalarFn,
  aggregateFn,
  storageBackend,
  backgroundJob,
  indexKind,
  cdcOutput,
  crdtKind,
  logicalType,
  hook,
  service,
  middleware,
  visits,
  drafts,
  chat,
  reminders,
]

/** What serves on a plugin's surface, as a query sees it. */
export interface Serving {
  readonly versions: readonly unknown[]
  /** Whether the very same provider objects serve. */
  same(other: Serving): boolean
  readonly providers: readonly object[]
}

export function serving(host: ExampleHost, entry: CatalogueEntry): Serving {
  using lease = host.plugins.capture({ label: 'serving' })
  const providers = providersOf(lease, entry)
  return {
    providers,
    versions: providers.map(versionOf),
    same: (other) =>
      other.providers.length === providers.length &&
      providers.every((provider, at) => provider === other.providers[at]),
  }
}

function providersOf(lease: Lease, entry: CatalogueEntry): readonly object[] {
  const surface = SURFACES.find(({ id }) => id === entry.surface)
  if (surface === undefined) throw new Error(`no surface is called ${entry.surface}`)
  return entry.keys.map((key) => lease.get(surface, key) as object)
}
