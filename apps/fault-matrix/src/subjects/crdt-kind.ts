import type { CrdtKindProvider, CrdtState } from '@uni/reload-crdt'
import type { StrategySubject } from '@uni/reload-core/testing'

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const decode = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

/** A log of numbers. An operation appends one, each time it is applied: what is done twice shows. */
class Log implements CrdtState {
  readonly entries: number[]
  #open = true

  constructor(entries: readonly number[]) {
    this.entries = [...entries]
  }

  apply(op: Uint8Array): void {
    this.#opened().push(decode(op) as number)
  }

  merge(other: CrdtState): void {
    const theirs = other.value() as number[]
    const entries = this.#opened()
    entries.push(...theirs.filter((entry) => !entries.includes(entry)))
    entries.sort((a, b) => a - b)
  }

  value(): unknown {
    return [...this.#opened()]
  }

  persist(): Uint8Array {
    return encode(this.#opened())
  }

  async close(): Promise<void> {
    this.#open = false
  }

  #opened(): number[] {
    if (!this.#open) throw new Error('the document is closed')
    return this.entries
  }
}

function logKind(kind: string, samples: boolean): CrdtKindProvider {
  return {
    kind,
    empty: () => new Log([]),
    fromPersisted: async (bytes) => new Log(decode(bytes) as number[]),
    *samples() {
      if (samples) yield new Log([1, 2])
    },
    schemaCompatCheck: () => ({ level: 'compatible' }),
  }
}

const QUIET_CLOSE = 'that a copy cannot be closed is said where a live document of its provider is closed'

export const crdtKindSubject: StrategySubject<CrdtKindProvider, CrdtState, Uint8Array> = {
  tolerates: [
    ...['old', 'new'].map((side) => ({ call: `preflight: ${side} state.close`, because: QUIET_CLOSE })),
    {
      call: 'preflight: old state.merge',
      because: 'what the old version cannot merge is not held against the new one',
    },
    {
      call: 'preflight: old provider.fromPersisted',
      because: 'it is opened to be merged, and what the old version cannot merge is not held against the new one',
    },
  ],
  gives: { state: { methods: ['apply', 'merge', 'value', 'persist'], ends: 'close' } },
  scene: ({ samples }) => ({
    provider: (kind) => logKind(kind, samples),
    resources: {
      open: (provider) => provider.empty(),
      write: (_name, nth) => encode(nth),
      entries: (state) => state.value() as number[],
    },
  }),
}
