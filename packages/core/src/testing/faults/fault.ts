import { isPromiseLike } from '../../maybe-promise.js'
import { turn } from './turn.js'

/** What an effect needs besides the call. */
interface Means {
  /** Resolves when a late call is to settle. */
  readonly late: Promise<void>
  /** Fires the signal that the operation was given. */
  abort(): void
  /** Gives a live resource of another plugin. */
  elsewhere(): unknown
}

/** How a call goes wrong. `run` is what the call would have done. */
type Effect = (run: () => unknown, means: Means) => unknown

/** Ticks of the microtask queue: a result is passed on by several promises before the code that awaits it goes on. */
const AS_IT_IS_PASSED_ON = 3
const ONCE_IT_HAS_ARRIVED = 6

/** Gives `outcome`, and calls `then` some ticks after it has settled. */
function followed(outcome: unknown, ticks: number, then: () => void): unknown {
  const follow = async (): Promise<void> => {
    for (let tick = 0; tick < ticks; tick += 1) await undefined
    then()
  }
  void Promise.resolve(outcome).then(follow, follow)
  return outcome
}

const noText = {
  toString() {
    throw new Error('no text')
  },
}

const EFFECTS = {
  throws: () => {
    throw new Error('broken')
  },
  rejects: () => Promise.reject(new Error('broken')),
  'throws undefined': () => {
    throw undefined
  },
  'rejects with what has no text': () => Promise.reject(noText),
  'never settles': () => new Promise(() => {}),
  'resolves late': async (run, { late }) => {
    await late
    return run()
  },
  'rejects late': async (_run, { late }) => {
    await late
    throw new Error('broken')
  },
  'gives nothing': () => undefined,
  'gives a stranger': () => ({}),
  'gives what serves elsewhere': (_run, { elsewhere }) => elsewhere(),
  'is aborted during it, and ends well': (run, { abort }) => {
    const outcome = run()
    abort()
    return isPromiseLike(outcome) ? turn().then(() => outcome) : outcome
  },
  'is aborted during it, and rejects': (_run, { abort }) => {
    abort()
    return Promise.reject(new DOMException('the signal has fired', 'AbortError'))
  },
  'is aborted just after it': (run, { abort }) => followed(run(), AS_IT_IS_PASSED_ON, abort),
  'is aborted soon after it': (run, { abort }) => followed(run(), ONCE_IT_HAS_ARRIVED, abort),
} satisfies Record<string, Effect>

export type FaultName = keyof typeof EFFECTS

/**
 * - `fails`: with an error; `hangs`: past its deadline; `aborts`: the caller aborts meanwhile;
 * - `misshapes`: gives something of a wrong shape; `shares`: gives an object that is another live resource.
 */
export type FaultSort = 'fails' | 'hangs' | 'misshapes' | 'shares' | 'aborts'

const SORTS: Record<FaultName, FaultSort> = {
  throws: 'fails',
  rejects: 'fails',
  'throws undefined': 'fails',
  'rejects with what has no text': 'fails',
  'never settles': 'hangs',
  'resolves late': 'hangs',
  'rejects late': 'hangs',
  'gives nothing': 'misshapes',
  'gives a stranger': 'misshapes',
  'gives what serves elsewhere': 'shares',
  'is aborted during it, and ends well': 'aborts',
  'is aborted during it, and rejects': 'aborts',
  'is aborted just after it': 'aborts',
  'is aborted soon after it': 'aborts',
}

export const FAULT_NAMES = Object.keys(EFFECTS) as readonly FaultName[]

export interface FaultOptions {
  /** Fires the signal that the operation was given. Needed by faults that abort. */
  readonly abort?: (() => void) | undefined
  /** Gives the live resource that the call gives in place of its own. Needed by `gives what serves elsewhere`. */
  readonly elsewhere?: (() => unknown) | undefined
}

/** One fault, to strike one call of a plugin. */
export class Fault {
  readonly name: FaultName
  /** Resolves when the call is made. */
  readonly reached: Promise<void>
  readonly #options: FaultOptions
  readonly #late: Promise<void>
  #reach: () => void = () => {}
  #release: () => void = () => {}
  #struck = false

  /** @throws TypeError where the fault gives what serves elsewhere, and `elsewhere` is missing. */
  constructor(name: FaultName, options: FaultOptions = {}) {
    if (SORTS[name] === 'shares' && options.elsewhere === undefined) {
      throw new TypeError(`the fault ${name} needs the option elsewhere: what gives the live resource`)
    }
    this.name = name
    this.#options = options
    this.reached = new Promise((resolve) => {
      this.#reach = resolve
    })
    this.#late = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  get sort(): FaultSort {
    return SORTS[this.name]
  }

  get struck(): boolean {
    return this.#struck
  }

  /** Is called in place of the call, `run`, and fails as the fault says. */
  strike(run: () => unknown): unknown {
    this.#struck = true
    this.#reach()
    const effect: Effect = EFFECTS[this.name]
    const { abort, elsewhere } = this.#options
    return effect(run, {
      late: this.#late,
      abort: () => {
        abort?.()
      },
      elsewhere: () => elsewhere?.(),
    })
  }

  /** Lets a late call settle. Does nothing for other faults. */
  release(): void {
    this.#release()
  }
}

/** The sort of the fault `name`. */
export function sortOf(name: FaultName): FaultSort {
  return SORTS[name]
}
