import type { StrategySubject } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { wordHandoff, type Word } from '../fixtures/word.js'
import { runMatrix } from './fixtures/matrix-run.js'
import { moveNotebook, notebookHandoff, notebookSubject } from './fixtures/notebook.js'
import { wordSubject } from './fixtures/word-subject.js'

/** The steps that have a test under these circumstances, users' writes apart. */
function stepsOf(names: readonly string[], circumstances: string): string[] {
  return names
    .filter((name) => name.includes(` (${circumstances}): `) && !name.includes('by a user'))
    .map((name) => name.slice('notebook, '.length, name.indexOf(' (')))
    .toSorted()
}

/** How many cells the chosen tests have, by their names. */
function cellsOf(names: readonly string[], only: (name: string) => boolean): number {
  return names.filter(only).reduce((sum, name) => sum + Number(/(\d+) cells/.exec(name)?.[1] ?? 0), 0)
}

describe('the fault matrix of a sound strategy', () => {
  it('reaches every cell and finds nothing, but for a tolerance that is never needed', async () => {
    const subject = {
      ...wordSubject,
      tolerates: [{ call: 'preflight: old provider.say', because: 'no such call is made' }],
    }
    const { failed, summary, names } = await runMatrix(wordHandoff(), subject)
    expect([...failed]).toEqual([
      [
        'test-word, tolerances: each tolerance of the subject is needed (I10)',
        'I10: nothing failed to be outlived: preflight: old provider.say. Take it out of tolerates',
      ],
    ])
    expect(summary).toMatchObject({
      surface: 'test-word',
      steps: names.length - 2,
      cells: cellsOf(names, () => true),
      reached: summary.cells,
    })
    expect(summary.cells).toBeGreaterThan(300)
  })

  it('I10 holds a strategy to naming what it outlives where the subject says that it is reported', async () => {
    const strategy = notebookHandoff((job, ctx) => {
      const move = moveNotebook(job, ctx)
      return { ...move, finalize: () => move.finalize().catch(() => {}) }
    })
    const call = 'finalize: old notebook.close'
    const only = (name: string): boolean => name.includes(call)
    const silent = await runMatrix(
      strategy,
      { ...notebookSubject, tolerates: [{ call, because: 'it is of no use' }] },
      { only },
    )
    expect([...silent.failed]).toEqual([])
    const { failed } = await runMatrix(
      strategy,
      { ...notebookSubject, tolerates: [{ call, because: 'it is of no use', reported: true }] },
      { only },
    )
    expect([...failed.values()].join()).toContain(
      'I10: one call of first was outlived, and in the report `outlived` has nothing',
    )
  })

  it('strikes every call that a reload makes into a plugin, on the way back too', async () => {
    const only = (name: string): boolean =>
      /rollback: .*exclusive, three plugins, is aborted|converge: new .*overlap, one plugin/.test(name)
    const { names, failed, summary } = await runMatrix(notebookHandoff(), notebookSubject, { only })
    expect(stepsOf(names, 'overlap, one plugin')).toEqual([
      'converge: new notebook.append',
      'each phase',
      'finalize: old notebook.close',
      'finalize: old plugin.shutdown',
      'prepare: new notebook.dump',
      'prepare: new provider.open',
      'prepare: old notebook.dump',
      'stage: new plugin.init',
      'stage: new plugin.register',
      'stage: what is provided',
      'validate: the plugin',
    ])
    expect(stepsOf(names, 'exclusive, three plugins, is aborted at the commit')).toEqual([
      'each phase',
      'rollback: new notebook.close',
      'rollback: new plugin.shutdown',
      'rollback: old provider.open',
    ])
    expect([...failed]).toEqual([])
    expect(summary.reached).toBe(cellsOf(names, only))
  })

  it('I4 gets out every version that is broken once it serves', async () => {
    const only = (name: string): boolean => name.includes('it is got out')
    const { names, failed } = await runMatrix(notebookHandoff(), notebookSubject, { only })
    const found = names.filter(only)
    expect([...new Set(found.map((name) => /notebook, (.+) of what serves/.exec(name)?.[1]))].toSorted()).toEqual([
      'notebook.append',
      'notebook.close',
      'notebook.dump',
    ])
    expect(found.filter((name) => name.includes('by the take-back of its bake, overlap'))).toHaveLength(6)
    expect([...failed]).toEqual([])
  })

  it('I4 finds a take-back that asks the version it takes out', async () => {
    const strategy = notebookHandoff((job, ctx) => {
      const move = moveNotebook(job, ctx)
      return {
        ...move,
        async prepare() {
          await ctx.call('look', () => job.gate.resource.dump())
          await move.prepare?.()
        },
      }
    })
    const { failed } = await runMatrix(strategy, notebookSubject, {
      only: (name) => name.includes('notebook.dump of what serves never settles, and it is got out by the take-back'),
    })
    expect([...failed.values()].join()).toContain('it is stranded')
  })

  it('finds what is called only on the way back from one step', async () => {
    const strategy = notebookHandoff((job, ctx) => {
      const move = moveNotebook(job, ctx)
      let converged = false
      return {
        ...move,
        async converge() {
          const resource = await move.converge()
          converged = true
          return resource
        },
        async rollback() {
          await move.rollback()
          if (converged || job.cutover === 'exclusive') return
          const entries: unknown = await ctx.call('look', () => job.gate.resource.dump())
          if (!Array.isArray(entries)) throw new TypeError('dump gave no list of entries')
        },
      }
    })
    const only = (name: string): boolean => name.includes('rollback: old notebook.dump (overlap, three plugins)')
    const { names, failed, summary } = await runMatrix(strategy, notebookSubject, { only })
    expect(names.filter(only)).toHaveLength(1)
    expect([...failed]).toEqual([])
    expect(summary.reached).toBe(cellsOf(names, only))
  })

  it('strikes what begins at the commit and ends before it: the commit stands, and the handoff does not', async () => {
    const { scene } = notebookSubject
    const subject: typeof notebookSubject = {
      ...notebookSubject,
      async scene(given) {
        const made = await scene(given)
        const provider: typeof made.provider = (key, version) => {
          const { name, open } = made.provider(key, version)
          return { name, open: async (entries) => Object.assign(await open(entries), { begin() {}, end() {} }) }
        }
        return { ...made, provider }
      },
    }
    const acting = (notebook: unknown) => notebook as { begin(): void; end(): void }
    const strategy = {
      ...notebookHandoff(),
      activate: (it: unknown) => acting(it).begin(),
      deactivate: (it: unknown) => acting(it).end(),
    }
    const only = (name: string): boolean => /notebook\.(begin|end) \(/.test(name)
    const { names, failed, summary } = await runMatrix(strategy, subject, { only })
    expect(new Set(names.filter(only).map((name) => name.slice('notebook, '.length, name.indexOf(' ('))))).toEqual(
      new Set(['commit: new notebook.begin', 'converge: old notebook.end', 'rollback: old notebook.begin']),
    )
    expect([...failed]).toEqual([])
    expect(summary.reached).toBe(cellsOf(names, only))
  })

  it('has three positions among several resources, or plugins', async () => {
    const positions = new Set<string>()
    const { scene } = notebookSubject
    const subject: typeof notebookSubject = {
      ...notebookSubject,
      async scene(given) {
        const made = await scene(given)
        return {
          ...made,
          provider: (key, version) => {
            positions.add(key)
            return made.provider(key, version)
          },
        }
      },
    }
    await runMatrix(notebookHandoff(), subject, { only: () => false })
    expect([...positions]).toEqual(['first', 'middle', 'last', 'bystander'])
  })

  it('fails where a known gap is none, naming the test', async () => {
    const { failed } = await runMatrix(wordHandoff(), wordSubject, {
      knownGaps: ['stage: new plugin.register'],
      only: (name) => name.includes('plugin.register'),
    })
    expect([...failed.values()].join()).toContain(
      'test-word, stage: new plugin.register (overlap, one plugin) holds now: take it out of knownGaps',
    )
  })

  it('cannot be made of a subject that is not sound', async () => {
    const { scene } = wordSubject
    const subject: StrategySubject<Word> = { scene: async (given) => ({ ...(await scene(given)), answer: () => 7 }) }
    await expect(runMatrix(wordHandoff(), subject)).rejects.toThrow(
      'a reload without any fault is not sound:\n  I1: after it, the provider of first answers as version 7, not 2',
    )
  })
})
