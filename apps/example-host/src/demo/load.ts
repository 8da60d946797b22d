import type { ExampleHost } from '../host/example-host.js'
import type { Acknowledged } from './acknowledged.js'
import type { Dataset } from './dataset.js'
import type { Latency } from './latency.js'
import { runAttachments } from './workload/attachments.js'
import { runCommitter } from './workload/commits.js'
import { Replica, runEditors } from './workload/edits.js'
import { runQueries, type QueryLog } from './workload/queries.js'

const QUERY_WORKERS = 4
const COMMITTERS = ['ada', 'grace']
const EDITORS = ['ines', 'juri', 'kofi']

/** Everything that goes on while plugins are replaced. */
export class Load {
  readonly queries: QueryLog = { queries: 0, failures: [], mixed: 0, slowestCaptureMs: 0 }
  readonly failures: unknown[] = []
  readonly replicas: ReadonlyMap<string, readonly Replica[]>
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>[] = []

  constructor(host: ExampleHost, dataset: Dataset, acknowledged: Acknowledged, latency: Latency) {
    const stop = this.#stop.signal
    this.replicas = new Map([...host.notes].map(([name, note]) => [name, EDITORS.map((editor) => new Replica(note, editor))]))
    for (let worker = 0; worker < QUERY_WORKERS; worker += 1) this.#run(runQueries({ host, dataset, latency, log: this.queries, stop, worker }))
    for (const [at, name] of COMMITTERS.entries()) {
      const owned = dataset.movies.filter((_, movie) => movie % COMMITTERS.length === at)
      this.#run(runCommitter({ host, acknowledged, owned, name, stop }))
    }
    for (const replicas of this.replicas.values()) this.#run(runEditors({ replicas, acknowledged, stop }))
    this.#run(runAttachments(host, acknowledged, stop))
  }

  /** Lets every worker end what it is doing. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  #run(worker: Promise<unknown>): void {
    this.#running.push(worker.catch((error: unknown) => { this.failures.push(error) }))
  }
}
