import { describeThrown } from '@uni/reload-core'
import type * as fc from 'fast-check'
import type { Model } from './model.js'
import type { World } from './world.js'

export type Command = fc.AsyncCommand<Model, World>

export type Action = (world: World) => void | Promise<unknown>

/** Begins something, and waits for none of it unless it `waits`; then so much happens as its pace says. */
export class Act implements Command {
  readonly #text: string
  readonly #pace: readonly number[]
  readonly #act: Action
  readonly #waits: boolean

  constructor(text: string, pace: readonly number[], act: Action, waits: boolean) {
    this.#text = text
    this.#pace = pace
    this.#act = act
    this.#waits = waits
  }

  check(): boolean {
    return true
  }

  async run(_: Model, world: World): Promise<void> {
    world.coverage.commands += 1
    const acting = Promise.resolve(this.#act(world)).catch((error: unknown) => {
      world.breaches.push(describeThrown(error))
    })
    if (this.#waits) await acting
    await world.advance(this.#pace)
    world.look()
  }

  toString(): string {
    return `${this.#text} [${this.#pace}]`
  }
}
