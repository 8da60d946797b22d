import type { FinalReport, PluginHost } from '@uni/reload-core'

/** What keeps an app from being well. */
export type AppProblem =
  /** A state cannot be used: it could not be started again, or a call of it never settles. */
  | { readonly problem: 'halted' | 'stuck'; readonly surface: string; readonly resource: string }
  /** A reload was to be taken back, and could not be: what serves is what was found wanting. */
  | { readonly problem: 'stranded'; readonly reason: string }
  /** It has not begun to serve, or was closed. */
  | { readonly problem: 'not-serving' }

export interface AppHealth {
  readonly status: 'ok' | 'failing'
  readonly problems: readonly AppProblem[]
}

/** Looks at the host of an app, and remembers how reloads ended. */
export class Health {
  readonly #host: Pick<PluginHost, 'plugin' | 'resources'>
  readonly #id: string
  #stranded: { readonly generation: number | undefined; readonly reason: string } | undefined

  constructor(host: Pick<PluginHost, 'plugin' | 'resources'>, id: string) {
    this.#host = host
    this.#id = id
  }

  async follow(finalized: Promise<FinalReport>): Promise<void> {
    const { bake } = await finalized
    if (bake?.outcome !== 'stranded') return
    this.#stranded = { generation: this.#generation, reason: bake.reason }
  }

  read(): AppHealth {
    const problems: AppProblem[] = []
    for (const { surface, name, state } of this.#host.resources()) {
      if (state === 'halted' || state === 'stuck') problems.push({ problem: state, surface, resource: name })
    }
    const generation = this.#generation
    if (generation === undefined) problems.push({ problem: 'not-serving' })
    // What came after it serves in its place.
    if (this.#stranded !== undefined && this.#stranded.generation === generation) {
      problems.push({ problem: 'stranded', reason: this.#stranded.reason })
    }
    return { status: problems.length === 0 ? 'ok' : 'failing', problems }
  }

  get #generation(): number | undefined {
    return this.#host.plugin(this.#id)?.generation
  }
}
