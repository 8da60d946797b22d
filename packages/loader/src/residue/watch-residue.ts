import { setImmediate } from 'node:timers/promises'
import { DISPOSE, checkOptions, option, type OptionCheck, type OptionChecks, type Plugin } from '@uni/reload-core'
import { hexOf } from '../digest.js'
import type { LoadedPlugin } from '../loaded-plugin.js'
import { Listeners } from './listeners.js'
import { nextMaking, type Making } from './making.js'
import { OpenResources } from './open-resources.js'
import { describeResidue, type Residue } from './residue.js'

export interface ResidueOptions {
  /** Told of each thing that was left. Default: a warning of the process. */
  readonly observer?: ((residue: Residue) => unknown) | undefined
  /** Those `EventTarget`s of the host that plugins may listen to. Emitters of Node are seen without being named. */
  readonly targets?: readonly EventTarget[] | undefined
}

const OPTIONS: OptionChecks<ResidueOptions> = {
  observer: option.function,
  targets: option.list(option.with('addEventListener') as OptionCheck<EventTarget>),
}

/** Turns of the event loop within which Node tells that what was closed is closed. */
const TURNS = 3

/** One version, from before its code is evaluated until nothing can reach it. */
interface Watched {
  readonly bundle: string
  readonly since: number
  readonly globals: Set<PropertyKey>
}

/**
 * Finds what versions of plugins leave behind. For development: each timer, handle and listener is looked at as it is
 * made.
 */
export class ResidueWatch implements Disposable {
  readonly #observer: (residue: Residue) => unknown
  readonly #resources = new OpenResources()
  readonly #listeners: Listeners
  readonly #alive = new Set<Watched>()

  /** @param options checked. */
  constructor({ observer, targets = [] }: ResidueOptions) {
    this.#observer =
      observer ??
      ((residue) => {
        process.emitWarning(describeResidue(residue), 'ResidueWarning')
      })
    this.#listeners = new Listeners(targets)
  }

  /**
   * Has a plugin loaded so that it is seen what it leaves behind: when its lifetime is over, and all is done that it
   * handed to `onDispose`.
   */
  async loading(load: () => Promise<LoadedPlugin>): Promise<LoadedPlugin> {
    const [since, before] = [nextMaking(), globalNames()]
    const loaded = await load()
    const globals = new Set([...globalNames()].filter((name) => !before.has(name)))
    const watched = { bundle: `${hexOf(loaded.digest)}.cjs`, since, globals }
    return { ...loaded, plugin: this.#watched(loaded.plugin, watched) }
  }

  [DISPOSE](): void {
    this.#resources.end()
    this.#listeners.end()
  }

  #watched(plugin: Plugin, watched: Watched): Plugin {
    const { manifest, init, shutdown } = plugin
    const noting = <T>(call: () => T): T => {
      const before = globalNames()
      try {
        return call()
      } finally {
        for (const name of globalNames()) if (!before.has(name)) watched.globals.add(name)
      }
    }
    return {
      manifest,
      register: (registrar) => {
        this.#alive.add(watched)
        // Handed in first, it is done last.
        registrar.onDispose(() => this.#look(`${manifest.id}@${manifest.version}`, watched))
        return noting(() => plugin.register(registrar))
      },
      ...(init && { init: (ctx) => noting(() => init.call(plugin, ctx)) }),
      ...(shutdown && { shutdown: (ctx) => shutdown.call(plugin, ctx) }),
    }
  }

  async #look(plugin: string, watched: Watched): Promise<void> {
    for (let turns = 0; turns < TURNS; turns += 1) await setImmediate()
    this.#alive.delete(watched)
    const { bundle, since, globals } = watched
    // What the same code has made since it was loaded once more is looked at when that ends.
    const until = Math.min(...[...this.#alive].filter((it) => it.bundle === bundle).map((it) => it.since))
    const isOf = (making: Making): boolean =>
      making.bundle === bundle && making.number > since && making.number <= until
    const left: Omit<Residue, 'plugin'>[] = [...this.#resources.left(isOf), ...this.#listeners.left(isOf)]
    for (const name of globals) {
      if (name in globalThis) left.push({ kind: 'global', what: `the global "${String(name)}"`, stack: undefined })
    }
    for (const it of left) this.#tell({ ...it, plugin })
  }

  #tell(residue: Residue): void {
    try {
      Promise.resolve(this.#observer(residue)).catch(() => {})
    } catch {
      // Whoever observes does not break what is observed.
    }
  }
}

/**
 * Begins to look for what versions of plugins leave behind, of those that are loaded by its `loading`. Costs nothing
 * unless it is called, and nothing more once it is disposed of.
 *
 * @throws TypeError for malformed options.
 */
export function watchResidue(options?: ResidueOptions): ResidueWatch {
  return new ResidueWatch(checkOptions(options, 'watchResidue options', OPTIONS))
}

function globalNames(): Set<PropertyKey> {
  return new Set(Reflect.ownKeys(globalThis))
}
