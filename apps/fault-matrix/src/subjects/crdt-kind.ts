import type { HandoffStrategy } from '@uni/reload-core'
import { crdtHandoff, type CrdtKindProvider, type CrdtState } from '@uni/reload-crdt'
import type { StrategySubject, Tolerance } from '@uni/reload-core/testing'

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const decode = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

/** A log of numbers. An operation appends one, each time it is applied: what is done twice shows. */
class Log implements CrdtState {
  readonly entries: number[]
  #open = true

  /** @param entries are the document's own from now on, or the host's, which it shows. */
  constructor(entries: number[]) {
    this.entries = entries
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

function logKind(kind: string, samples: boolean): CrdtKindProvider<Log> {
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

const TOLERATES: readonly Tolerance[] = [
  ...['old', 'new'].map((side) => ({ call: `preflight: ${side} state.close`, because: QUIET_CLOSE })),
  {
    call: 'preflight: old state.merge',
    because: 'what the old version cannot merge is not held against the new one',
  },
  {
    call: 'preflight: old provider.fromPersisted',
    because: 'it is opened to be merged, and what the old version cannot merge is not held against the new one',
  },
]

const GIVES = { state: { methods: ['apply', 'merge', 'value', 'persist'], ends: 'close' } }

export const crdtKindSubject: StrategySubject<CrdtKindProvider, CrdtState, Uint8Array> = {
  tolerates: TOLERATES,
  gives: GIVES,
  scene: ({ samples }) => ({
    provider: (kind) => logKind(kind, samples),
    resources: {
      open: (provider) => provider.empty(),
      write: (_name, nth) => encode(nth),
      entries: (state) => state.value() as number[],
    },
  }),
}

/** Documents that the host holds: a version shows them, and closing what it shows leaves them. */
interface HostedKind extends CrdtKindProvider<Log> {
  view(entries: number[]): Promise<Log>
}

export const hostedCrdtStrategy: HandoffStrategy<CrdtKindProvider, CrdtState, Uint8Array> = crdtHandoff({
  sampleLimit: 1,
  inPlace: ({ entries }: Log, next: HostedKind) => next.view(entries),
})

export const hostedCrdtSubject: StrategySubject<HostedKind, Log, Uint8Array> = {
  variant: 'in place',
  tolerates: TOLERATES,
  gives: GIVES,
  scene({ samples }) {
    const kept = new Map<string, number[]>()
    return {
      provider: (kind) => ({ ...logKind(kind, samples), view: async (entries) => new Log(entries) }),
      resources: {
        open(provider, name) {
          const entries = kept.get(name) ?? []
          kept.set(name, entries)
          return provider.view(entries)
        },
        write: (_name, nth) => encode(nth),
        entries: ({ entries }) => entries,
      },
    }
  },
}
