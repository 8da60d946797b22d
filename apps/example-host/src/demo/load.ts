import type { ExampleHost } from '../host/example-host.js'
import type { Acknowledged } from './acknowledged.js'
import type { Dataset } from './dataset.js'
import type { Latency } from './latency.js'
import { runAttachments } from './workload/attachments.js'
import { runCommitter } from './workload/commits.js'
import { runEditors } from './workload/edits.js'
import type { Replica } from './workload/replicas/replica.js'
import { runQueries, type QueryLog } from './workload/queries.js'

const QUERY_WORKERS = 4
const COMMITTERS = ['ada', 'grace']
const EDITORS = 3

/** Everything that goes on while plugins are replaced. */
export class Load {
  readonly queries: QueryLog = { queries: 0, failures: [], mixed: 0, slowestCaptureMs: 0 }
  readonly failures: unknown[] = []
  readonly replicas: ReadonlyMap<string, readonly Replica[]>
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>[] = []

  /** @param replicaOf makes a replica of what is edited together, by its name. */
  constructor(
    host: ExampleHost,
    dataset: Dataset,
    acknowledged: Acknowledged,
    latency: Latency,
    replicaOf: (name: string) => Replica,
  ) {
    const stop = this.#stop.signal
    this.replicas = new Map(
      [...host.shared.keys()].map((name) => [name, Array.from({ length: EDITORS }, () => replicaOf(name))]),
    )
    for (let worker = 0; worker < QUERY_WORKERS; worker += 1)
      this.#run(runQueries({ host, dataset, latency, log: this.queries, stop, worker }))
    for (const [at, name] of COMMITTERS.entries()) {
      const owned = dataset.movies.filter((_, movie) => movie % COMMITTERS.length === at)
      this.#run(runCommitter({ host, acknowledged, owned, name, stop }))
    }
    for (const [name, resource] of host.shared)
      this.#run(runEditors({ resource, replicas: this.replicas.get(name) ?? [], acknowledged, stop }))
    this.#run(runAttachments(host, acknowledged, stop))
  }

  /** Lets every worker end what it is doing. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  #run(worker: Promise<unknown>): void {
    this.#running.push(
      worker.catch((error: unknown) => {
        this.failures.push(error)
      }),
    )
  }
}
