import { attempt, type DeclareTest } from '@uni/reload-core/testing'

/** A test runner that runs nothing before it is asked, and tells which tests fail and how. */
export class Recorder {
  readonly #bodies = new Map<string, () => Promise<void>>()

  readonly test: DeclareTest = (name, body) => {
    this.#bodies.set(name.split(': ')[0] as string, body)
  }

  get keys(): string[] {
    return [...this.#bodies.keys()]
  }

  async failures(): Promise<Map<string, unknown>> {
    const failed = new Map<string, unknown>()
    for (const [key, body] of this.#bodies) {
      const ran = await attempt(body)
      if ('error' in ran) failed.set(key, ran.error)
    }
    return failed
  }
}
