import type { ReloadPhase } from '../../errors.js'
import type { BrokenServing } from './broken-serving.js'
import { isBeforeCommit, isOpen, nameOf, stepOf, type CallSite } from './call-site.js'
import { groupOf, type Cell, type Expected, type Strike } from './cell.js'
import { POSITIONS, type Circumstances } from './circumstances.js'
import { exclusionOf } from './exclusions.js'
import { FAULT_NAMES, sortOf, type FaultName } from './fault.js'
import { misshapesOf } from './misshape.js'
import type { Tolerance } from './subject.js'
import type { SeenCall } from './trace.js'

/** The cells of a matrix, and for each rule of exclusion how many it has left out. */
export class CellList {
  readonly cells: Cell[] = []
  readonly excluded = new Map<string, number>()
  /** Versions that are broken once they serve. */
  readonly broken: BrokenServing[] = []
  readonly #tolerances: readonly Tolerance[]

  constructor(tolerances: readonly Tolerance[]) {
    this.#tolerances = tolerances
  }

  /**
   * The tolerance for a fault of a call. There is none where the caller aborts before the commit, as the call itself
   * does not fail then.
   */
  toleranceOf(site: CallSite, fault: FaultName): Tolerance | undefined {
    const gaveUp = sortOf(fault) === 'aborts' && isBeforeCommit(site)
    return this.#tolerances.find(({ call, faults }) => call === stepOf(site) && (faults?.includes(fault) ?? !gaveUp))
  }

  /**
   * Adds a cell for every fault of a call. `before` are the earlier strikes without which the call would not be made.
   */
  strike(circumstances: Circumstances, seen: SeenCall, samples: boolean, before: readonly Strike[] = []): void {
    for (const fault of FAULT_NAMES) {
      const because = exclusionOf(seen, fault)
      if (because !== undefined) {
        this.exclude(because)
        continue
      }
      const { site } = seen
      const tolerance = this.toleranceOf(site, fault)
      const after = before.map((strike) => `, after ${nameOf(strike.site)} ${strike.fault}`).join('')
      this.#add(circumstances, stepOf(site), {
        name: `${nameOf(site)} ${fault}${after}`,
        samples,
        strikes: [...before, { site, fault }],
        expected: tolerance?.reported === true ? 'outlives' : expectedOf(circumstances, site, fault),
        ...(tolerance && { tolerance: tolerance.call }),
      })
    }
  }

  /** Adds a cell for each moment at which the caller may abort: right before each call, and as each phase begins. */
  abort(
    circumstances: Circumstances,
    sites: readonly SeenCall[],
    phases: readonly ReloadPhase[],
    samples: boolean,
  ): void {
    const moments = new Map<string, { name: string; step: string; open: boolean }>()
    for (const { site, before } of sites)
      moments.set(before, {
        name: `${nameOf(site)} is aborted just before it`,
        step: stepOf(site),
        open: isBeforeCommit(site),
      })
    for (const phase of phases)
      moments.set(`phase ${phase}`, {
        name: `${phase} is aborted as it begins`,
        step: 'each phase',
        open: isOpen(phase),
      })
    for (const [abortAt, { name, step, open }] of moments) {
      this.#add(circumstances, step, {
        name,
        samples,
        strikes: [],
        abortAt,
        expected: open ? 'is aborted' : 'as without',
      })
    }
  }

  /** Adds cells in which the new plugin, or a provider of it, is malformed. */
  misshape(circumstances: Circumstances, plugins: readonly string[]): void {
    for (const misshape of misshapesOf(plugins, POSITIONS)) {
      const { position, part, gives } = misshape
      const step = part === 'provider' ? 'stage: what is provided' : 'validate: the plugin'
      this.#add(circumstances, step, {
        name: `${step}, ${part} of ${position} is ${gives}`,
        samples: false,
        strikes: [],
        misshape,
        expected: 'fails',
      })
    }
  }

  exclude(because: string, cells = 1): void {
    this.excluded.set(because, (this.excluded.get(because) ?? 0) + cells)
  }

  #add(circumstances: Circumstances, step: string, cell: Omit<Cell, 'circumstances' | 'group'>): void {
    const group = groupOf(circumstances, step)
    this.cells.push({ ...cell, circumstances, group, name: `${group}: ${cell.name}` })
  }
}

function expectedOf({ cutover, course }: Circumstances, site: CallSite, fault: FaultName): Expected {
  const gaveUp = sortOf(fault) === 'aborts'
  // An exclusive dry run starts no successor that could be compared with the old resource.
  if (course === 'is a dry run' && cutover === 'exclusive' && sortOf(fault) === 'misshapes') return 'either'
  if (isBeforeCommit(site)) return gaveUp ? 'is aborted' : site.byUser ? 'either' : 'fails'
  if (site.byUser) return 'either'
  // Once the reload is decided, its caller's abort has no effect, but a call that rejects has failed.
  if (gaveUp && fault !== 'is aborted during it, and rejects') return 'as without'
  return site.phase === 'rollback' ? 'fails, reporting' : 'commits, reporting'
}
