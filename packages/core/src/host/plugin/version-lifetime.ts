import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { ReloadError } from '../../errors.js'
import { show } from '../../options.js'
import type { Lifetime, PluginManifest } from './plugin.js'

type Dispose = Parameters<Lifetime['onDispose']>[0]

/** From when a version is to be registered until it is closed. */
export class VersionLifetime {
  /** Of the version, as errors name it. */
  readonly #label: string
  /** Made when somebody reads it: few plugins do. */
  #controller: AbortController | undefined
  readonly #disposals = new Set<{ readonly dispose: Dispose }>()
  readonly onDispose: Lifetime['onDispose']
  /** Runs what is handed in after the end. */
  #late: ((dispose: Dispose) => void) | undefined

  constructor({ id, version }: PluginManifest) {
    this.#label = `${id}@${version}`
    this.onDispose = this.#add.bind(this)
  }

  /** Whether its end is of any consequence. */
  get isUsed(): boolean {
    return this.#controller !== undefined || this.#disposals.size > 0
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#late !== undefined) this.#fire(this.#controller)
    return this.#controller.signal
  }

  /** Hands `dispose` in, to be run at the end. Gives what takes it back. */
  #add(dispose: Dispose): () => void {
    if (typeof dispose !== 'function') {
      throw new TypeError(`onDispose of ${this.#label}: expected a function, and got ${show(dispose)}`)
    }
    const disposal = { dispose }
    if (this.#late === undefined) this.#disposals.add(disposal)
    else this.#late(dispose)
    return () => {
      this.#disposals.delete(disposal)
    }
  }

  /** Ends it, once. Resolves with what failed. */
  async end(phase: 'rollback' | 'finalize', environment: StepEnvironment): Promise<unknown[]> {
    if (this.#late !== undefined) return []
    const errors: unknown[] = []
    const run = (call: Dispose, onFailure: (error: ReloadError) => void): Promise<void> =>
      new Step(environment, { plugin: this.#label })
        .runCall(phase, { code: 'PLUGIN' }, 'onDispose', call)
        .then(() => {}, onFailure)
    const late = (dispose: Dispose): void => {
      void run(dispose, (error) => environment.onUnclean?.(error))
    }
    this.#late = late
    const note = (error: ReloadError): void => {
      errors.push(error)
    }
    const controller = this.#controller
    if (controller !== undefined)
      await run(() => {
        this.#fire(controller)
      }, note)
    for (const disposal of [...this.#disposals].toReversed()) {
      if (this.#disposals.has(disposal)) await run(disposal.dispose, note)
    }
    this.#disposals.clear()
    return errors
  }

  #fire(controller: AbortController): void {
    if (controller.signal.aborted) return
    controller.abort(new ReloadError('ABORTED', 'the version is closed', { plugin: this.#label }))
  }
}
