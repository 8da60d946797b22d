import type { CallSite } from './call-site.js'
import { describe, type Circumstances } from './circumstances.js'
import type { FaultName } from './fault.js'
import type { Misshape } from './misshape.js'

/** How a reload has to end. */
export type Expected =
  /** It rejects because of the fault, and everything is undone. */
  | 'fails'
  /** It rejects because its caller has aborted it, and everything is undone. */
  | 'is aborted'
  /** It commits, and the final report names what failed. */
  | 'commits, reporting'
  /** It rejects, and the error names what failed in the rollback. */
  | 'fails, reporting'
  /** It ends as it does without the fault. */
  | 'as without'
  /** It ends as it does without the fault, and its report has the failure in `outlived`. */
  | 'outlives'
  /** It commits, or everything is undone: for a fault in a user's own write. */
  | 'either'

export interface Strike {
  readonly site: CallSite
  readonly fault: FaultName
}

/** One run of the matrix. */
export interface Cell {
  readonly name: string
  /** The name of the test that runs the cell. */
  readonly group: string
  readonly circumstances: Circumstances
  readonly strikes: readonly Strike[]
  /** The moment at which the caller aborts, in a cell where no call is struck. */
  readonly abortAt?: string
  /** What is wrong with the new plugin itself, in a cell where no call is struck. */
  readonly misshape?: Misshape
  readonly expected: Expected
  /** Whether providers have samples, so that checks which judge by them are made. */
  readonly samples: boolean
  /** The failure that the strategy may outlive. */
  readonly tolerance?: string
}

export function groupOf(circumstances: Circumstances, step: string): string {
  return `${step} (${describe(circumstances)})`
}
