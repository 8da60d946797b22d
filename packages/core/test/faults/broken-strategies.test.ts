import type { HandoffJob, ResourceHandoff, StepContext } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { runMatrix } from './fixtures/matrix-run.js'
import {
  moveNotebook,
  notebookHandoff,
  notebookSubject,
  type Notebook,
  type NotebookProvider,
  type NotebookStrategy,
} from './fixtures/notebook.js'

type Job = HandoffJob<NotebookProvider, Notebook>

/** A handoff with a defect: what a strategy may get wrong, and what finds it. */
interface Broken {
  readonly what: string
  readonly move: (job: Job, ctx: StepContext) => ResourceHandoff<Notebook>
  /** The test in which it shows; absent where the matrix cannot even be made. */
  readonly at?: string
  readonly found: RegExp
}

const BROKEN: readonly Broken[] = [
  {
    what: 'leaves what it opened open when it is rolled back',
    move: (job, ctx) => ({
      ...moveNotebook(job, ctx),
      async rollback() {
        job.gate.release()
      },
    }),
    at: 'prepare: new notebook.dump (overlap, one plugin)',
    found: /I7: a notebook of first, version 2, was closed 0 times/,
  },
  {
    what: 'closes the old one twice',
    move: (job, ctx) => {
      const move = moveNotebook(job, ctx)
      const old = job.gate.resource
      return {
        ...move,
        async finalize() {
          await move.finalize()
          await old.close()
        },
      }
    },
    found: /is not sound[^]*I7: a notebook of first, version 1, was closed 2 times/,
  },
  {
    what: 'forgets the writes that were made meanwhile',
    move: (job) => {
      const old = job.gate.resource
      let opened: Notebook | undefined
      return {
        async prepare() {
          opened = await job.next.open(await old.dump())
        },
        async converge() {
          return opened as Notebook
        },
        async rollback() {
          job.gate.release()
          await opened?.close()
        },
        finalize: () => old.close(),
      }
    },
    found: /is not sound[^]*I4: after it, first: it has the writes/,
  },
  {
    what: 'closes the old one before the commit',
    move: (job, ctx) => {
      const move = moveNotebook(job, ctx)
      const old = job.gate.resource
      return {
        ...move,
        async converge() {
          const next = await move.converge()
          if (!ctx.dryRun) await old.close()
          return next
        },
        async finalize() {},
      }
    },
    found: /is not sound[^]*I7: the notebook of first was closed while a lease from before the reload held it/,
  },
  {
    what: 'looks at the old one after it has closed it',
    move: (job, ctx) => {
      const move = moveNotebook(job, ctx)
      const old = job.gate.resource
      return {
        ...move,
        async finalize() {
          await move.finalize()
          await old.dump().catch(() => {})
        },
      }
    },
    found: /is not sound[^]*I7: a notebook of first, version 1, was used after it was closed: dump/,
  },
  {
    what: 'does not dispose of what comes late',
    move: (job, ctx) => moveNotebook(job, { ...bound(ctx), call: (step, call) => ctx.call(step, call) }),
    at: 'prepare: new provider.open (overlap, one plugin)',
    found: /first, call 1 resolves late\n +I7: a notebook of first, version 2, was closed 0 times/,
  },
  {
    what: 'tries again where the copy cannot be opened, and says nothing',
    move: (job, ctx) =>
      moveNotebook(
        {
          ...job,
          next: { name: job.key, open: (entries) => job.next.open(entries).catch(() => job.next.open(entries)) },
        },
        ctx,
      ),
    at: 'prepare: new provider.open (overlap, one plugin)',
    found: /I10: it succeeds, although a call of its failed/,
  },
  {
    what: 'says nothing of what fails as it closes the old one',
    move: (job, ctx) => {
      const move = moveNotebook(job, ctx)
      return { ...move, finalize: () => move.finalize().catch(() => {}) }
    },
    at: 'finalize: old notebook.close (overlap, one plugin)',
    found: /I10: neither report says what failed/,
  },
  {
    what: 'calls the plugin without naming the step',
    move: (job, ctx) => {
      const move = moveNotebook(job, ctx)
      return {
        ...move,
        async prepare() {
          await job.gate.resource.dump()
          await move.prepare?.()
        },
      }
    },
    at: 'prepare: old notebook.dump (overlap, one plugin)',
    found: /I10: the error names neither phase nor step/,
  },
  {
    what: 'leaves writes held when it is rolled back, and never ends',
    move: (job, ctx) => {
      const move = moveNotebook(job, ctx)
      return {
        ...move,
        async rollback() {
          await move.rollback()
          for (;;) await new Promise(() => {})
        },
      }
    },
    found: /is not sound[^]*I3: undoing it failed: STEP_TIMEOUT/,
  },
]

/** A step context's members, for one that replaces some. */
function bound(ctx: StepContext): StepContext {
  return {
    get signal() {
      return ctx.signal
    },
    dryRun: ctx.dryRun,
    slices: ctx.slices.bind(ctx),
    progress: ctx.progress.bind(ctx),
    transferred: ctx.transferred.bind(ctx),
    replayed: ctx.replayed.bind(ctx),
    unjudged: ctx.unjudged.bind(ctx),
    outlived: ctx.outlived.bind(ctx),
    unclean: ctx.unclean.bind(ctx),
    claim: ctx.claim.bind(ctx),
    letGo: ctx.letGo.bind(ctx),
    judge: ctx.judge.bind(ctx),
    call: ctx.call.bind(ctx),
  }
}

describe('the fault matrix of a strategy that', () => {
  it.each(BROKEN)('H3 $what: finds it', async ({ move, at, found }) => {
    const only = (name: string): boolean => at !== undefined && name.includes(at)
    const text = await runMatrix(notebookHandoff(move), notebookSubject, { only }).then(
      ({ failed }) => [...failed.values()].join('\n'),
      (error: Error) => error.message,
    )
    expect(text).toMatch(found)
  })
})

it('a subject whose resource no call of a provider gave out is refused, and told so', async () => {
  const subject: typeof notebookSubject = { ...notebookSubject, gives: {} }
  await expect(runMatrix(notebookHandoff(), subject)).rejects.toThrow(
    'the resource of first was given out by no call of a provider',
  )
})

it('I4 an apply that drops the promise of a write is refused, with what to do', async () => {
  const strategy = notebookHandoff()
  const apply: typeof strategy.surface.apply = (notebook, { entry }) => {
    void notebook.append(entry)
  }
  await expect(runMatrix({ ...strategy, surface: { ...strategy.surface, apply } }, notebookSubject)).rejects.toThrow(
    'apply() of the surface drops the promise of notebook.append, so writes are acknowledged before they are accepted: return it',
  )
})

it('H1 I4 a check that changes what is live is found', async () => {
  const strategy: NotebookStrategy = {
    ...notebookHandoff(),
    async checkCompat({ live }) {
      for (const { use } of live) await use((notebook) => notebook.append(-1))
      return { level: 'compatible' }
    },
  }
  await expect(runMatrix(strategy, notebookSubject)).rejects.toThrow(/is not sound[^]*I4/)
})
