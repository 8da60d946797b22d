import { stopAndCopy, type HandoffJob, type StepContext, type StopAndCopyVerbs } from '@uni/reload-core'
import {
  cdcHandoff,
  cdcOutput,
  startStream,
  type CdcHandoffOptions,
  type CdcLsn,
  type CdcOutputProvider,
  type CdcStream,
} from '../../src/index.js'
import { follow, lastCheckpoint, stopStream, takeCheckpoint } from '../../src/progress.js'
import type { MakeStrategy } from '../../src/testing/bench.js'

type Verbs = StopAndCopyVerbs<CdcOutputProvider, CdcStream, CdcLsn>
type Job = HandoffJob<CdcOutputProvider, CdcStream>

export interface BrokenStrategy {
  readonly rule: string
  /** What it does, as the end of a sentence that begins with "a strategy". */
  readonly does: string
  readonly keys: readonly string[]
  readonly make: MakeStrategy
}

function honest(job: Job, { canResume }: CdcHandoffOptions): Verbs {
  return {
    checkpoint: (stream) => takeCheckpoint(stream, (lsn) => canResume?.(lsn, job.name) ?? true),
    recover: () => lastCheckpoint(job.gate.resource, (lsn) => canResume?.(lsn, job.name) ?? true),
    stop: stopStream,
    start: (provider, fromLsn, { signal }) => startStream(provider, { stream: job.name, fromLsn, signal }),
    verify: async (stream) => {
      await takeCheckpoint(stream)
    },
  }
}

/** A strategy that differs in some of its verbs. */
function differing(differ: (own: Verbs, job: Job, options: CdcHandoffOptions) => Partial<Verbs>): MakeStrategy {
  return (options) => ({
    ...cdcHandoff(options),
    surface: cdcOutput,
    handoff(job, ctx: StepContext) {
      const own = honest(job, options)
      return stopAndCopy<CdcOutputProvider, CdcStream, CdcLsn>(job, ctx, { ...own, ...differ(own, job, options) })
    },
  })
}

/**
 * The last place above `from` where the log can be read: what a strategy takes that asks the log and not the stream.
 */
async function endOfLog(from: CdcLsn, name: string, { canResume }: CdcHandoffOptions): Promise<CdcLsn> {
  let end = from
  for (let lsn = from; lsn < from + 100n; lsn += 1n) if (await canResume?.(lsn, name)) end = lsn
  return end
}

export const BROKEN_STRATEGIES: readonly BrokenStrategy[] = [
  {
    rule: 'C1',
    does: 'does not note where the new stream was started',
    keys: ['handoff/out-of-order'],
    make: differing((own) => ({
      async start(provider, fromLsn, ctx) {
        const stream = await own.start(provider, fromLsn, ctx)
        follow(stream, undefined)
        return stream
      },
    })),
  },
  {
    rule: 'C5',
    does: 'does not shut the old stream down',
    keys: ['handoff/commits'],
    make: differing(() => ({ stop: () => {} })),
  },
  {
    rule: 'C6',
    does: 'leaves the new stream open when the reload fails elsewhere',
    keys: ['failed-handoff/rolled-back'],
    make: (options) => ({
      ...cdcHandoff(options),
      handoff(job, ctx) {
        let handedOver = false
        let leaves = false
        const own = honest(job, options)
        const handoff = stopAndCopy<CdcOutputProvider, CdcStream, CdcLsn>(job, ctx, {
          ...own,
          stop: (stream, context) => (leaves ? undefined : own.stop(stream, context)),
        })
        return {
          ...handoff,
          async converge() {
            const stream = await handoff.converge()
            handedOver = true
            return stream
          },
          rollback() {
            leaves = handedOver
            return handoff.rollback()
          },
        }
      },
    }),
  },
  {
    rule: 'C7',
    does: 'starts a halted stream again where the log ends',
    keys: ['halted/next-delivery'],
    make: differing((own, job, options) => {
      let failed = false
      return {
        async start(provider, fromLsn, ctx) {
          if (failed && provider === job.old) {
            const stream = await own.start(provider, fromLsn, ctx)
            follow(stream, await endOfLog(fromLsn, job.name, options))
            return stream
          }
          try {
            return await own.start(provider, fromLsn, ctx)
          } catch (error) {
            failed = provider === job.old
            throw error
          }
        },
      }
    }),
  },
  {
    rule: 'C8',
    does: 'takes whatever is started for a stream',
    keys: ['failed-handoff/no-stream'],
    make: differing((_, { name }) => ({
      async start(provider, fromLsn, { signal }) {
        const stream = await provider.start({ stream: name, fromLsn, signal })
        follow(stream, fromLsn)
        return stream
      },
    })),
  },
  {
    rule: 'C22',
    does: 'replaces no version that fails',
    keys: ['way-out/checkpoint-fails'],
    make: differing(() => ({
      recover: () => {
        throw new Error('ask the old one')
      },
    })),
  },
  {
    rule: 'C10',
    does: 'stops the stream in a dry run',
    keys: ['handoff/dry-run'],
    make: differing((own) => ({
      async checkpoint(stream, ctx) {
        const lsn = await own.checkpoint(stream, ctx)
        if (ctx.dryRun) await stopStream(stream)
        return lsn
      },
    })),
  },
  {
    rule: 'I3',
    does: 'takes a provider that does not start for one that has',
    keys: ['failed-handoff/start-fails'],
    make: differing((own, { old }) => ({
      async start(provider, fromLsn, ctx) {
        try {
          return await own.start(provider, fromLsn, ctx)
        } catch (error) {
          if (provider === old) throw error
          return { deliver() {}, checkpoint: () => fromLsn, shutdown() {} }
        }
      },
    })),
  },
  {
    rule: 'I4',
    does: 'has the new stream go on where the log ends',
    keys: ['handoff/while-deliveries-wait'],
    make: differing((own, job, options) => ({
      async start(provider, fromLsn, ctx) {
        const stream = await own.start(provider, fromLsn, ctx)
        if (provider !== job.old) follow(stream, await endOfLog(fromLsn, job.name, options))
        return stream
      },
    })),
  },
  {
    rule: 'I5',
    does: 'does not ask the new stream where it stands',
    keys: ['failed-handoff/unfit-successor'],
    make: differing(() => ({ verify: () => {} })),
  },
  {
    rule: 'P7',
    does: 'goes on behind a batch that the old stream counts and did not acknowledge',
    keys: ['handoff/lost-acknowledgement'],
    make: differing((own, job, options) => ({
      async checkpoint(stream, ctx) {
        const capped = await own.checkpoint(stream, ctx)
        const answer = await stream.checkpoint()
        return (await options.canResume?.(answer, job.name)) ? answer : capped
      },
    })),
  },
  {
    rule: 'I5',
    does: 'believes every checkpoint',
    keys: ['way-out/dishonest-checkpoint'],
    make: differing(() => ({ checkpoint: (stream) => stream.checkpoint() })),
  },
]
