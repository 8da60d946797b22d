import type { MaybePromise, PluginHost, Registrar } from '@uni/reload-core'
import type { Timers } from '@uni/reload-state'
import type { FastifyInstance } from 'fastify'

/** Something that outlives every version of an app. `H` is what routes work with it by. */
export interface StateDefinition<H extends object> {
  /** Called once for each version of the app, before its plugins are registered. */
  open(site: StateSite): MaybePromise<H>
}

/** State by name, which is the name of its decorator as well. */
export type StateDefinitions = Readonly<Record<string, StateDefinition<object>>>

/** The decorators of a `FastifyInstance` that state has: `interface FastifyInstance extends StateOf<typeof state> {}`. */
export type StateOf<S extends StateDefinitions> = {
  readonly [Name in keyof S]: S[Name] extends StateDefinition<infer H> ? H : never
}

/** Where one version opens a state. */
export interface StateSite {
  readonly name: string
  readonly registrar: Registrar
  /** Of this version. */
  readonly fastify: FastifyInstance
  readonly host: Pick<PluginHost, 'acquire' | 'captureReady'>
  /** Those that the app has by then, which versions share. */
  readonly timers: { open(site: StateSite): Promise<Timers<unknown>> }
  /** Calls `work` once this version serves: at once where it does, in the turn of its commit otherwise. */
  readonly onceServing: (work: () => void) => void
  /** A call of the state is made that may wait for the commit. */
  readonly used: () => void
}
