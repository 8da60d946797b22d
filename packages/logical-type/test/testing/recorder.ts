import type { DeclareTest } from '../../src/testing/index.js'

/** Records the tests a suite declares, to be run one after another: the name of each, and why it failed. */
export class Recorder {
  readonly #tests: { name: string; body: () => Promise<void> | void }[] = []
  readonly test: DeclareTest = (name, body) => {
    this.#tests.push({ name, body })
  }

  get names(): string[] {
    return this.#tests.map(({ name }) => name)
  }

  /** Key and error of each test that fails. */
  async failures(): Promise<Map<string, unknown>> {
    const failed = new Map<string, unknown>()
    for (const { name, body } of this.#tests) {
      try {
        await body()
      } catch (error) {
        failed.set(keyOf(name), error)
      }
    }
    return failed
  }
}

/** The key in front of a test's title. */
function keyOf(name: string): string {
  return name.split(': ', 1)[0] as string
}
