import { OldProviders, ReloadDispatcher, type CountedVerdict } from '@uni/reload-core'
import type { Expectation } from '@uni/reload-core/testing'
import { crdtKind, type CrdtKindProvider } from '../../contract.js'
import { crdtHandoff, type CrdtHandoffOptions } from '../../strategy.js'
import type { CrdtCase } from '../case.js'
import { goldenKind, withEditedSample, type CrdtGolden } from '../golden.js'
import { sameValue } from '../same-value.js'
import { apply, valueNow } from '../stand.js'

/** Tests the present version with the files of earlier ones. */
export function goldenSuite(golden: readonly CrdtGolden[]): CrdtCase[] {
  return [...golden.flatMap(readings), ...golden.map(judgement), wayBack(golden)]
}

function readings(golden: CrdtGolden): CrdtCase[] {
  return golden.states.map(({ name, bytes, value, late }) => ({
    key: readingKey(golden, name),
    rule: 'X22',
    title: `reads ${name} as version ${golden.version} wrote it`,
    async run(stand, expect: Expectation) {
      const read = await expect.works(`opening ${name} of version ${golden.version}`, () => stand.open(bytes))
      sameValue(expect, valueNow(read), value, `${name} of version ${golden.version}`)
      const rewritten = await expect.works(
        `opening ${name} of version ${golden.version} once this version has persisted it`,
        () => stand.reopen(read),
      )
      sameValue(
        expect,
        valueNow(rewritten),
        value,
        `${name} of version ${golden.version}, once this version has persisted it,`,
      )
      if (late)
        sameValue(
          expect,
          valueNow(apply(rewritten, late.ops)),
          late.becomes.value,
          `${name} of version ${golden.version}, persisted by this version, once late operations reached it,`,
        )
    },
  }))
}

function readingKey({ version }: CrdtGolden, state: string): string {
  return `golden/${version}/${state.replaceAll(' ', '-')}`
}

/** Judged by the strategy itself, with the merges of the earlier version, and with documents of both versions mixed. */
function judgement(golden: CrdtGolden): CrdtCase {
  return {
    key: `golden/${golden.version}`,
    rule: 'X22',
    title: `is a safe upgrade from version ${golden.version}`,
    needs: golden.states.map(({ name }) => readingKey(golden, name)),
    async run(stand, expect: Expectation) {
      const verdict = await judge(goldenKind(golden), stand.provider, {})
      expect.that(
        verdict?.level === 'compatible',
        `an upgrade from version ${golden.version} is ` +
          `${verdict?.level ?? 'not judged, since it is of another kind'}: ${reasonOf(verdict)}`,
      )
    },
  }
}

function wayBack(golden: readonly CrdtGolden[]): CrdtCase {
  return {
    key: 'golden/way-back',
    rule: 'X22',
    title: 'earlier versions read what this one writes, and what is kept of it',
    claim: 'wayBack',
    async run(stand, expect: Expectation) {
      const { older = [] } = stand.subject
      expect.that(
        older.length > 0,
        'make() gives no `older` versions; expected one, since the capability `wayBack` is claimed',
      )
      for (const { version, provider } of older) {
        for (const { version: of, states } of golden) {
          for (const { name, bytes, value } of states) {
            const read = await expect.works(`opening ${name} of version ${of} with version ${version}`, () =>
              stand.open(bytes, provider),
            )
            sameValue(expect, valueNow(read), value, `${name} of version ${of}, read by version ${version},`)
          }
        }
        const verdict = await judge(provider, withEditedSample(stand.subject, stand.seed), { direction: 'full' })
        expect.that(
          verdict?.level === 'compatible' || verdict?.level === 'migrate',
          `going back to version ${version} is not safe: ${reasonOf(verdict)}`,
        )
      }
    },
  }
}

async function judge(
  old: CrdtKindProvider,
  next: CrdtKindProvider,
  options: CrdtHandoffOptions,
): Promise<CountedVerdict | undefined> {
  const dispatcher = new ReloadDispatcher([crdtHandoff({ ...options, sampleLimit: 1_000 })])
  const { entries } = await dispatcher.checkCompat(
    new OldProviders().add(crdtKind, old),
    new OldProviders().add(crdtKind, next),
  )
  return entries[0]?.verdict
}

function reasonOf(verdict: CountedVerdict | undefined): string {
  return verdict && 'reason' in verdict ? verdict.reason : 'no reason given'
}
