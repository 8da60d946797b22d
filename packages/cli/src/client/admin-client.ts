import { EventSourceParserStream } from 'eventsource-parser/stream'
import { CommandError, EXIT } from '../exit-code.js'

export interface HostEvent {
  readonly id: string | undefined
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly hint?: string
}

/** Calls the admin API of a host. */
export class AdminClient {
  readonly #url: string
  readonly #token: string
  readonly #signal: AbortSignal

  constructor(url: string, token: string, signal: AbortSignal) {
    this.#url = url.replace(/\/$/, '')
    this.#token = token
    this.#signal = signal
  }

  /** @throws CommandError `refused`, `unreachable`. */
  async get<T>(path: string): Promise<T> {
    return (await this.#call(path, {})) as T
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' }
    return (await this.#call(path, { method: 'POST', headers, body: JSON.stringify(body) })) as T
  }

  async sendPackage<T>(path: string, bytes: Uint8Array<ArrayBuffer>, options: unknown): Promise<T> {
    const headers = { 'content-type': 'application/gzip' }
    const query = `?options=${encodeURIComponent(JSON.stringify(options))}`
    return (await this.#call(`${path}${query}`, { method: 'POST', headers, body: bytes })) as T
  }

  async delete<T>(path: string): Promise<T> {
    return (await this.#call(path, { method: 'DELETE' })) as T
  }

  /** Events as they happen: those after `after`, or from now on. Ends when the connection does. */
  async *events(after?: string): AsyncGenerator<HostEvent> {
    const headers = after === undefined ? {} : { 'last-event-id': after }
    const response = await this.#fetch('/v1/events', { headers })
    if (!response.ok || response.body === null) throw await refusal(response)
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
    for await (const { id, event = 'message', data } of events) {
      const value: unknown = JSON.parse(data)
      yield { id, type: event, data: typeof value === 'object' && value !== null ? { ...value } : { value } }
    }
  }

  /** Health is told without a token, and is an answer also where it is bad. */
  async health(): Promise<{ readonly status: string; readonly problems: readonly string[] }> {
    const response = await this.#fetch('/health/ready', {})
    if (response.status !== 200 && response.status !== 503) throw await refusal(response)
    return (await response.json()) as { status: string; problems: string[] }
  }

  async #call(path: string, init: RequestInit): Promise<unknown> {
    const response = await this.#fetch(path, init)
    if (!response.ok) throw await refusal(response)
    return response.json()
  }

  async #fetch(path: string, { headers, ...init }: RequestInit): Promise<Response> {
    const all = { authorization: `Bearer ${this.#token}`, ...headers }
    try {
      return await fetch(`${this.#url}${path}`, { ...init, headers: all, signal: this.#signal })
    } catch (error) {
      if (this.#signal.aborted) throw error
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      throw new CommandError(EXIT.unreachable, `${this.#url} cannot be reached: ${cause}`, {
        hint: 'Start the host, or say where it is: --url, or UNI_RELOAD_URL.',
      })
    }
  }
}

async function refusal(response: Response): Promise<CommandError> {
  const text = await response.text()
  let problem: Problem = {}
  try {
    problem = JSON.parse(text) as Problem
  } catch {
    // It is no admin API: its text is shown.
  }
  const told = problem.detail ?? problem.title ?? `${response.status} ${text.slice(0, 200)}`
  if (response.status === 401 || response.status === 429) {
    return new CommandError(EXIT.unreachable, `The host does not know the token. ${problem.detail ?? ''}`.trim(), {
      hint: 'Name the file that has it: --token-file, or UNI_RELOAD_TOKEN_FILE.',
      details: problem,
    })
  }
  // The detail of a ReloadError has its hint already.
  const hint = problem.hint !== undefined && !told.includes(problem.hint) ? { hint: problem.hint } : {}
  return new CommandError(EXIT.refused, told, { ...hint, details: problem })
}
