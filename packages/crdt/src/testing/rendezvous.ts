/** A point at which two parts of a test meet: one waits there, and the other sees it arrive and lets it go on. */
export class Rendezvous {
  readonly arrived: Promise<void>
  readonly #released: Promise<void>
  #arrive!: () => void
  #release!: () => void

  constructor() {
    this.arrived = new Promise((resolve) => {
      this.#arrive = resolve
    })
    this.#released = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  readonly wait = (): Promise<void> => {
    this.#arrive()
    return this.#released
  }

  goOn(): void {
    this.#release()
  }
}
