import { setImmediate } from 'node:timers/promises'
import {
  DISPOSE,
  checkOptions,
  describeThrown,
  option,
  type OptionCheck,
  type OptionChecks,
  type Plugin,
} from '@uni/reload-core'
import { hexOf } from '../digest.js'
import type { LoadedPlugin } from '../loaded-plugin.js'
import { stackOf } from '../stack-of.js'
import { Listeners } from './listeners.js'
import { nextMaking, type Making } from './making.js'
import { OpenResources } from './open-resources.js'
import { Rejections } from './rejections.js'
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
  /** Empty until it is loaded. */
  bundle: string
  readonly since: number
  readonly globals: Set<PropertyKey>
  /** `id@version` of the plugin, from when nothing can reach the version any more. */
  over?: string
}

/**
 * Finds what versions of plugins leave behind. For development: each timer, handle and listener is looked at as it is
 * made.
 */
export class ResidueWatch implements Disposable {
  readonly #observer: (residue: Residue) => unknown
  readonly #resources = new OpenResources()
  readonly #listeners: Listeners
  readonly #rejections: Rejections<Watched>
  readonly #alive = new Set<Watched>()

  /** @param options checked. */
  constructor({ observer, targets = [] }: ResidueOptions) {
    this.#observer =
      observer ??
      ((residue) => {
        process.emitWarning(describeResidue(residue), 'ResidueWarning')
      })
    this.#listeners = new Listeners(targets)
    this.#rejections = new Rejections(({ over }, reason) => {
      if (over !== undefined) this.#tell({ ...rejection(reason), plugin: over })
    })
  }

  /**
   * Has a plugin loaded so that it is seen what it leaves behind: when its lifetime is over, and all is done that it
   * handed to `onDispose`.
   */
  async loading(load: () => Promise<LoadedPlugin>): Promise<LoadedPlugin> {
    const before = globalNames()
    const watched: Watched = { bundle: '', since: nextMaking(), globals: new Set() }
    const loaded = await this.#rejections.calling(watched, load)
    for (const name of globalNames()) if (!before.has(name)) watched.globals.add(name)
    watched.bundle = `${hexOf(loaded.digest)}.cjs`
    return { ...loaded, plugin: this.#watched(loaded.plugin, watched) }
  }

  [DISPOSE](): void {
    this.#resources.end()
    this.#listeners.end()
    this.#rejections.end()
  }

  #watched(plugin: Plugin, watched: Watched): Plugin {
    const { manifest, init, shutdown } = plugin
    const noting = <T>(call: () => T): T => {
      const before = globalNames()
      try {
        return this.#rejections.calling(watched, call)
      } finally {
        for (const name of globalNames()) if (!before.has(name)) watched.globals.add(name)
      }
    }
    return {
      manifest,
      register: (registrar) => {
        this.#alive.add(watched)
        delete watched.over
        // Handed in first, it is done last.
        registrar.onDispose(() => {
          const plugin = `${manifest.id}@${manifest.version}`
          watched.over = plugin
          return this.#look(plugin, watched)
        })
        return noting(() => plugin.register(registrar))
      },
      ...(init && { init: (ctx) => noting(() => init.call(plugin, ctx)) }),
      ...(shutdown && {
        shutdown: (ctx) => this.#rejections.calling(watched, () => shutdown.call(plugin, ctx)),
      }),
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

function rejection(reason: unknown): Omit<Residue, 'plugin'> {
  const frames = stackOf(reason)
    .split('\n')
    .filter((line) => /^ +at /.test(line))
  return {
    kind: 'rejection',
    what: `a promise that is rejected now, with nobody to handle it (${describeThrown(reason)}),`,
    stack: frames.length === 0 ? undefined : frames.join('\n'),
  }
}

function globalNames(): Set<PropertyKey> {
  return new Set(Reflect.ownKeys(globalThis))
}
