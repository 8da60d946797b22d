import { EventSourceParserStream } from 'eventsource-parser/stream'

/** What the admin API gives: see its OpenAPI document. */
export interface PluginLine {
  readonly id: string
  readonly version: string
  readonly generation: number
  readonly state: 'active' | 'baking' | 'changing' | 'retired'
  readonly permanent: boolean
  readonly heldBy: readonly { readonly label: string; readonly ageMs: number; readonly holds: string }[]
  readonly holding: number
}

export interface ResourceLine {
  readonly surface: string
  readonly name: string
  readonly key: string
  readonly plugin: string
  readonly state: string
  readonly waiting: number
}

export interface Handoff {
  readonly surface: string
  readonly resource: string
  readonly prepareMs: number
  readonly convergeMs: number
  readonly pauseMs: number
}

export interface Report {
  readonly plugin: string
  readonly from?: string
  readonly to?: string
  readonly totalMs: number
  readonly pauseMs: number
  readonly blockedMs: number
  readonly blockedBy?: string
  readonly handoffs: readonly Handoff[]
  readonly compat: readonly {
    readonly surface: string
    readonly key: string
    readonly resource?: string
    readonly verdict: { readonly level: string; readonly reason?: string }
  }[]
  readonly added: readonly { readonly surface: string; readonly key: string }[]
  readonly removed: readonly { readonly surface: string; readonly key: string }[]
}

export interface ErrorLine {
  readonly code?: string
  readonly message: string
  readonly surface?: string
  readonly key?: string
  readonly resource?: string
  readonly hint?: string
  readonly details?: unknown
}

export interface Operation {
  readonly operation: number
  readonly kind: 'install' | 'reload' | 'remove' | 'take-back'
  readonly plugins: readonly string[]
  readonly state: 'running' | 'committed' | 'dry-run' | 'failed'
  readonly startedAt: string
  readonly phases: readonly {
    readonly phase: string
    readonly atMs: number
    readonly ms?: number
    readonly failed?: true
  }[]
  readonly steps: Readonly<Record<string, number>>
  readonly reports?: readonly Report[]
  readonly error?: ErrorLine
  readonly blockers?: PluginLine['heldBy']
  readonly bake?: string
  readonly finalized?: true
}

export interface ReloadAnswer {
  readonly status: 'committed' | 'dry-run'
  readonly plugin: string
  readonly report: Report
}

export interface HostEvent {
  readonly id: string | undefined
  readonly type: string
  readonly data: unknown
}

/** Why the host said no, in its own words. */
export class Refusal extends Error {
  readonly status: number
  readonly error: ErrorLine | undefined

  constructor(status: number, message: string, error: ErrorLine | undefined) {
    super(message)
    this.status = status
    this.error = error
  }
}

/** The admin API that serves this page. */
export class Api {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>(path, {})
  }

  post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' }
    return this.#call<T>(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  send<T>(path: string, file: Blob, options: unknown): Promise<T> {
    const query = `?options=${encodeURIComponent(JSON.stringify(options))}`
    return this.#call<T>(`${path}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/gzip' },
      body: file,
    })
  }

  remove<T>(path: string): Promise<T> {
    return this.#call<T>(path, { method: 'DELETE' })
  }

  /** Events as they happen. `EventSource` sends no token. */
  async *events(after: string | undefined, signal: AbortSignal): AsyncGenerator<HostEvent> {
    const headers = after === undefined ? {} : { 'last-event-id': after }
    const response = await this.#fetch('v1/events', { headers, signal })
    if (response.body === null) return
    const reader = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield { id: value.id, type: value.event ?? 'message', data: JSON.parse(value.data) as unknown }
    }
  }

  async #call<T>(path: string, init: RequestInit): Promise<T> {
    return (await (await this.#fetch(path, init)).json()) as T
  }

  async #fetch(path: string, { headers, ...init }: RequestInit): Promise<Response> {
    const all = { authorization: `Bearer ${this.#token}`, ...headers }
    const response = await fetch(path, { ...init, headers: all })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as { detail?: string; title?: string; error?: ErrorLine }
    throw new Refusal(response.status, problem.detail ?? problem.title ?? `${response.status}`, problem.error)
  }
}
