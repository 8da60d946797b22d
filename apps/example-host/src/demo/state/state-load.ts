import { setTimeout as delay } from 'node:timers/promises'
import { ChatServer } from '../../host/chat-server.js'
import type { ExampleHost } from '../../host/example-host.js'
import type { Reminded } from '../../plugins/reminders/contract.js'
import { runDrafter, type DraftLines } from './drafters.js'
import { runReminders, SOME_DAY, versionsFired, type RemindersLog } from './reminded.js'
import { auditChat, auditDrafts, auditReminders, auditVisits, type StateAudit } from './state-audit.js'
import { broadcastsHeard, Talker } from './talkers.js'
import { VersionLog, type VersionsSeen } from './version-log.js'
import { runVisitor, type VisitorsLog } from './visitors.js'

const VISITORS = 2
const DRAFTERS = 2
const TALKERS = ['ada', 'grace', 'edsger']
/** What was said last and is due last is given so long before it counts as lost. */
const SETTLE_MS = 10_000

/** Visits, drafts, a chat and reminders, all of which go on while their plugins are replaced. */
export class StateLoad implements AsyncDisposable {
  readonly failures: unknown[] = []
  readonly #host: ExampleHost
  readonly #server: ChatServer
  readonly #talkers: readonly Talker[]
  readonly #visitors: VisitorsLog = {
    visits: [],
    hooks: new VersionLog('hook'),
    services: new VersionLog('service'),
    middleware: new VersionLog('middleware'),
  }
  readonly #drafts: DraftLines = new Map()
  readonly #reminders: RemindersLog
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>[]

  private constructor(host: ExampleHost, server: ChatServer, talkers: readonly Talker[], fired: readonly Reminded[]) {
    this.#host = host
    this.#server = server
    this.#talkers = talkers
    this.#reminders = { set: [], cleared: [], fired }
    const { signal } = this.#stop
    this.#running = [
      ...numbered(VISITORS).map((visitor) => runVisitor(host, this.#visitors, visitor, signal)),
      ...numbered(DRAFTERS).map((drafter) => runDrafter(host.state, this.#drafts, drafter, signal)),
      ...talkers.map((talker) => talker.talk(signal)),
      runReminders(host.state, this.#reminders, signal),
      this.#keepADraftOpen(signal),
    ].map((worker) =>
      worker.catch((error: unknown) => {
        this.failures.push(error)
      }),
    )
  }

  /** @param fired where the reminders that have fired are written down. */
  static async start(host: ExampleHost, fired: readonly Reminded[]): Promise<StateLoad> {
    const server = await ChatServer.listen(host.state.chat)
    const talkers = await Promise.all(TALKERS.map((name) => Talker.connect(name, server.url)))
    while (host.state.chat.connections.size < talkers.length) await delay(1)
    return new StateLoad(host, server, talkers, fired)
  }

  /**
   * Which versions answered the calls of hooks, services and middleware, sent the broadcasts and fired the reminders.
   */
  get versionsSeen(): VersionsSeen[] {
    const { hooks, services, middleware } = this.#visitors
    return [
      hooks.seen,
      services.seen,
      middleware.seen,
      broadcastsHeard(this.#talkers),
      versionsFired(this.#reminders.fired),
    ]
  }

  /** Ends the load, and waits for what was said and what is due to arrive. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
    for (const endsAt = performance.now() + SETTLE_MS; !this.#settled() && performance.now() < endsAt;) await delay(10)
  }

  async audit(): Promise<StateAudit[]> {
    const { state } = this.#host
    return [
      await auditVisits(state, this.#visitors.visits),
      auditDrafts(state, this.#drafts),
      auditChat(this.#talkers),
      auditReminders(state, this.#reminders),
    ]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]()
  }

  #settled(): boolean {
    const said = this.#talkers.reduce((sum, talker) => sum + talker.said.length, 0)
    const { fired, set } = this.#reminders
    return (
      this.#talkers.every(({ heard }) => heard.length >= said) &&
      this.#host.state.reminders.pending().every(({ id }) => id === SOME_DAY) &&
      fired.length >= set.length
    )
  }

  /** So that whatever a version makes of open drafts, there is one. */
  async #keepADraftOpen(stop: AbortSignal): Promise<void> {
    const name = 'minutes'
    const minutes = await this.#host.state.drafts.open(name)
    await minutes.write('all:0')
    this.#drafts.set(name, ['all:0'])
    await new Promise((resolve) => {
      stop.addEventListener('abort', resolve)
    })
    await minutes.close()
  }
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at)
}
