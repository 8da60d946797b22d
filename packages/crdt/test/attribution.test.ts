import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { crdtHandoff, type CrdtKindProvider, type CrdtState } from '../src/index.js'
import { plugin } from '../src/testing/reload-stand.js'
import { Entries, entriesKind, persistedOf } from './fixtures/entries-kind.js'
import { counterKind, decode, GCounter } from './fixtures/g-counter.js'
import { verdictOn } from './fixtures/verdict.js'

/** White space before JSON. */
const SPACE = 32
const left = new Entries({ entries: [['a', { text: 'left', at: 1, by: 1 }]], seen: [] })

const refuses = (): never => {
  throw new Error('no')
}
/** Says which version wrote what it read, and merges with one that the other version wrote only where `merges`. */
function marking(mark: string, { merges }: { merges: boolean }): CrdtKindProvider {
  class Marked extends Entries {
    readonly marked: boolean

    constructor(bytes?: Uint8Array) {
      super(bytes && persistedOf(bytes))
      this.marked = bytes?.[0] === SPACE
    }

    override merge(other: CrdtState): void {
      if (!merges && this.marked !== (other as Marked).marked && this.entries.size !== (other as Marked).entries.size)
        refuses()
      super.merge(other)
    }

    override persist(): Uint8Array {
      return Uint8Array.from([...mark, ...new TextDecoder().decode(super.persist())].map((it) => it.charCodeAt(0)))
    }
  }
  return {
    kind: 'entries',
    empty: () => new Marked(),
    fromPersisted: (bytes) => new Marked(bytes),
    samples: () => [Object.assign(new Marked(), { entries: new Map(left.entries) })],
  }
}

/** Does not merge what differs. */
class Apart extends Entries {
  override merge(other: CrdtState): void {
    if (JSON.stringify(this.value()) !== JSON.stringify(other.value())) refuses()
  }
}

/** Takes no operations. */
class Sealed extends Entries {
  override apply(): void {
    refuses()
  }
}

/** Does not open what it wrote itself. */
class OpensOnce extends Entries {
  override persist(): Uint8Array {
    return Uint8Array.of(SPACE, ...super.persist())
  }
}
const opensOnce = entriesKind(OpensOnce, {
  fromPersisted: (bytes) => (bytes[0] === SPACE ? refuses() : new OpensOnce(persistedOf(bytes))),
})
const withSample = counterKind({ samples: () => [new GCounter({ z: 9 })] })
const withoutZ = counterKind({
  samples: () => [],
  fromPersisted: (bytes) =>
    'z' in (decode(bytes) as object) ? refuses() : new GCounter(decode(bytes) as Record<string, number>),
})

describe('X4 what was being done when a version failed is said', () => {
  it.each<[string, CrdtKindProvider, CrdtKindProvider, 'backward' | 'full', string]>([
    [
      'merging',
      entriesKind(Entries, { samples: () => [left] }),
      entriesKind(Apart),
      'backward',
      'merging the empty state and sample 1 with the new version failed: no',
    ],
    [
      'merging what the two versions wrote',
      marking('', { merges: true }),
      marking(' ', { merges: false }),
      'backward',
      'merging the empty state (as the new version persists it) and sample 1 with the new version failed: no',
    ],
    [
      'merging it with the old version',
      marking('', { merges: false }),
      marking(' ', { merges: true }),
      'full',
      'merging the empty state (as the new version persists it) and sample 1 with the old version failed: no',
    ],
    [
      'late operations',
      entriesKind(),
      entriesKind(Sealed),
      'backward',
      'applying the late operations of sample 3 with the new version failed: no',
    ],
    [
      'opening what it wrote',
      entriesKind(),
      opensOnce,
      'backward',
      'opening the empty state again, as the new version persisted it, failed: no',
    ],
    [
      'opening with the old version',
      withoutZ,
      withSample,
      'full',
      'opening sample 1 of the new version with the old version (direction "full") failed: no',
    ],
    [
      'listing samples',
      counterKind({ samples: refuses }),
      counterKind(),
      'backward',
      'listing the samples of the old version failed: no',
    ],
    [
      'listing samples of the new',
      counterKind(),
      counterKind({ samples: refuses }),
      'full',
      'listing the samples of the new version failed: no',
    ],
  ])('%s', async (_, old, next, direction, reason) => {
    expect(await verdictOn({ old, next, direction })).toMatchObject({
      level: 'incompatible',
      reason: expect.stringContaining(reason) as string,
    })
  })
})

describe('I10 X6 the call that keeps the event loop from turning is named', () => {
  it.each(['persist', 'merge', 'apply', 'value'] as const)('%s', async (method) => {
    const clock = new ManualClock()
    class Slow extends Entries {}
    Slow.prototype[method] = function (this: Entries, ...given: never[]): never {
      clock.advance(7)
      return (Entries.prototype[method] as (...args: never[]) => never).apply(this, given)
    }
    // States of its own are only looked at where the way back is asked for.
    const next = entriesKind(Slow, { empty: () => new Entries(), samples: () => [] })
    await using host = new PluginHost({ strategies: [crdtHandoff()], clock })
    const { report } = await host.reload(await host.add(plugin('1.0.0', entriesKind())), plugin('2.0.0', next))
    expect(report).toMatchObject({ blockedBy: method })
    expect(report.blockedMs).toBeGreaterThanOrEqual(7)
  })
})
