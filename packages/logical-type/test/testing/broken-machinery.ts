import { ReloadError, Slices, type HandoffStrategy, type StepContext } from '@uni/reload-core'
import { logicalTypeHandoff, type LogicalTypeProvider } from '../../src/index.js'
import type { Golden } from '../../src/testing/golden-file.js'
import { ownMachinery, type Machinery } from '../../src/testing/machinery.js'

type Strategy = HandoffStrategy<LogicalTypeProvider>
type Check = NonNullable<Strategy['checkCompat']>
type Broken = readonly [fault: string, machinery: Machinery, keys: readonly string[]]

const sound = logicalTypeHandoff({ removal: 'allow' })
const check = sound.checkCompat?.bind(sound) as Check
const own = ownMachinery()
const disciplined = (changes: Partial<Strategy>): Machinery => ({ ...own, strategy: { ...sound, ...changes } })

/** Lets a pair pass that the discipline refuses for a reason that `forgives` names. */
const forgiving = (forgives: RegExp): Machinery =>
  disciplined({
    async checkCompat(pair, ctx) {
      try {
        const verdict = await check(pair, ctx)
        return verdict.level === 'incompatible' && forgives.test(verdict.reason) ? { level: 'compatible' } : verdict
      } catch (error) {
        if (error instanceof Error && forgives.test(error.message)) return { level: 'compatible' }
        throw error
      }
    },
  })

/** Makes the version before useless once it judged it, where `where` says so and the new one may replace it. */
const spoiling = (where: (ctx: StepContext) => boolean): Machinery =>
  disciplined({
    async checkCompat(pair, ctx) {
      const spoils = where(ctx)
      const verdict = await check(pair, ctx)
      if (spoils && verdict.level === 'compatible') Object.assign(pair.old, { toDisplay: () => 'retired' })
      return verdict
    },
  })

/** Hears neither an abort nor a deadline. */
const deaf = (ctx: StepContext): StepContext => {
  const { signal } = new AbortController()
  return {
    signal,
    dryRun: ctx.dryRun,
    slices: () => ctx.slices(),
    progress: () => {},
    transferred: () => {},
    replayed: () => {},
    unjudged: () => {},
    outlived: () => {},
    unclean: () => {},
    claim: () => {},
    letGo: () => {},
    call: async (_, call) => call(signal),
    judge: async (_, check) => check(signal),
  }
}

/** Knows each file by heart that it has read once. */
function forgetful(refuse: (error: unknown, last: Golden | undefined) => Golden): Machinery {
  let last: Golden | undefined
  return {
    ...own,
    readGolden(file) {
      try {
        last = own.readGolden(file)
        return last
      } catch (error) {
        return refuse(error, last)
      }
    },
  }
}

const rethrow = (error: unknown): never => {
  throw error
}

/** Disciplines, and readers of golden files, that are broken in one way each, and the rules that fail. */
export const BROKEN_MACHINERY: readonly Broken[] = [
  [
    'a discipline that lets another contract pass',
    forgiving(/^the contract changed/),
    ['reload/removed-changed', 'failure/contract'],
  ],
  [
    'a discipline that lets another meaning pass',
    forgiving(/^the samples mean something else(?!.*fails: )/),
    ['reload/removed-changed', 'failure/meaning'],
  ],
  [
    'a discipline that forgets that a removed type had a contract',
    disciplined({
      checkCompat: async (pair, ctx) => (pair.old.constructor === Object ? check(pair, ctx) : { level: 'compatible' }),
    }),
    ['reload/removed-changed'],
  ],
  ['a discipline that does not heed what a version says of itself', forgiving(/^because$/), ['failure/meaning']],
  [
    'a discipline that takes a changed contract for a cast',
    forgiving(/compatCheck says "(?:migrate|compatible)"/),
    ['failure/contract'],
  ],
  ['a discipline that lets a malformed contract pass', forgiving(/: expected /), ['failure/malformed']],
  [
    'a discipline that takes what throws for compatible',
    forgiving(/^the samples mean .*fails: (?!.*returned)|compatCheck failed/),
    ['failure/meaning', 'failure/throws'],
  ],
  ['a discipline that takes a check that throws for compatible', forgiving(/^compatCheck failed/), ['failure/throws']],
  ['a discipline that takes a promise for a value', forgiving(/returned a promise/), ['failure/promises']],
  [
    'a discipline that takes anything for a display or a verdict',
    forgiving(/returned a value of type|something that is not a verdict/),
    ['failure/wrong-shapes'],
  ],
  ['a discipline that takes a check that hangs for compatible', forgiving(/no answer within/), ['failure/hang']],
  [
    'a discipline that goes on after an abort',
    disciplined({ checkCompat: (pair, ctx) => check(pair, deaf(ctx)) }),
    ['failure/abort'],
  ],
  [
    'a discipline that goes on a turn after an abort',
    disciplined({
      async checkCompat(pair, ctx) {
        try {
          return await check(pair, ctx)
        } catch (error) {
          if (ReloadError.is(error) && error.code === 'ABORTED')
            void new Slices().pause().then(() => check(pair, deaf(ctx)))
          throw error
        }
      },
    }),
    ['failure/abort'],
  ],
  ['a discipline that spoils the version before in a dry run', spoiling(({ dryRun }) => dryRun), ['reload/dry-run']],
  ['a discipline that spoils the version that it replaces', spoiling(({ dryRun }) => !dryRun), ['reload/lease']],
  [
    'a discipline that forgets what was removed',
    disciplined({
      remember: async () => {
        throw new ReloadError('HANDOFF', 'no memory')
      },
    }),
    ['reload/removed', 'reload/removed-changed'],
  ],
  [
    'a reader that takes a damaged golden file for the one before',
    forgetful((error, last) => last ?? rethrow(error)),
    ['golden/damaged'],
  ],
  [
    'a reader that does not say which file is damaged',
    forgetful(() => rethrow(new Error('damaged'))),
    ['golden/damaged'],
  ],
  [
    'a reader that gives a golden file the display of its first row',
    {
      ...own,
      readGolden: (file) => {
        const golden = own.readGolden(file)
        return { ...golden, rows: golden.rows.map(({ literal }) => ({ literal, display: '0.00' })) }
      },
    },
    ['golden/present'],
  ],
]
