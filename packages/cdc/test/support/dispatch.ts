import {
  type DispatchRequest,
  OldProviders,
  ReloadDispatcher,
  ReloadKindHandlers,
  WriteGate,
  type ReloadOutcome,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import {
  cdcHandoff,
  cdcOutput,
  startStream,
  type CdcBatch,
  type CdcHandoff,
  type CdcHandoffOptions,
  type CdcOutputProvider,
  type CdcStream,
} from '../../src/index.js'
import { batch } from './mutations.js'

export const TIMEOUT_MS = 1_000

/** One live stream behind its gate, and a dispatcher to hand it over with: a host with a registry of its own. */
export class Served {
  readonly clock = new ManualClock()
  readonly dispatcher: ReloadDispatcher

  private constructor(
    readonly old: CdcOutputProvider,
    readonly gates: ReadonlyMap<string, WriteGate<CdcStream, CdcBatch>>,
    options: CdcHandoffOptions,
  ) {
    this.dispatcher = new ReloadDispatcher([cdcHandoff(options)], {
      clock: this.clock,
      timeouts: { prepare: TIMEOUT_MS, converge: TIMEOUT_MS, rollback: TIMEOUT_MS, finalize: TIMEOUT_MS },
    })
  }

  /** Streams that were started at 0 and have taken the LSNs 0 to 3. */
  static async with(old: CdcOutputProvider, options: CdcHandoffOptions = {}, names = ['orders']): Promise<Served> {
    const gates = new Map<string, WriteGate<CdcStream, CdcBatch>>()
    const served = new Served(old, gates, options)
    for (const name of names) {
      const stream = await startStream(old, { fromLsn: 0n, signal: new AbortController().signal })
      const gate = new WriteGate<CdcStream, CdcBatch>(cdcOutput, name, stream, {
        clock: served.clock,
        writeTimeoutMs: TIMEOUT_MS,
      })
      gates.set(name, gate)
      await gate.write(batch(0n, 3n))
    }
    return served
  }

  get gate(): WriteGate<CdcStream, CdcBatch> {
    return this.gates.get('orders') as WriteGate<CdcStream, CdcBatch>
  }

  dispatch(
    next: CdcOutputProvider,
    more: Pick<DispatchRequest, 'dryRun' | 'signal' | 'accept'> & { old?: CdcOutputProvider } = {},
  ): Promise<ReloadOutcome> {
    const { old = this.old, ...rest } = more
    const handlers = new ReloadKindHandlers()
    for (const [name, gate] of this.gates) {
      // A halted gate has no resource to name; the gate is what counts.
      const resource = gate.halted ? ({} as CdcStream) : gate.resource
      const handoff: CdcHandoff = { name, key: old.name, resource, gate }
      handlers.add(cdcOutput, handoff)
    }
    return this.dispatcher.dispatch({
      old: new OldProviders().add(cdcOutput, old),
      next: new OldProviders().add(cdcOutput, next),
      handlers,
      ...rest,
    })
  }
}

export async function failure(of: Promise<unknown>): Promise<unknown> {
  try {
    await of
  } catch (error) {
    return error
  }
  throw new Error('was expected to fail')
}
