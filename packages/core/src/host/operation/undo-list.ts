/** Undoes one thing. Resolves with what failed. */
type Undo = () => Promise<readonly unknown[]>

/** How to undo what an operation has done, in the order in which it was done. */
export class UndoList {
  readonly #undos: Undo[] = []

  get isEmpty(): boolean {
    return this.#undos.length === 0
  }

  push(undo: Undo): void {
    this.#undos.push(undo)
  }

  /** Undoes first what was done last, goes on past what fails, and resolves with all that failed. */
  async run(): Promise<unknown[]> {
    const errors: unknown[] = []
    for (const undo of this.#undos.splice(0).toReversed()) errors.push(...(await undo()))
    return errors
  }
}
