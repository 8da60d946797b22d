import type { Plugin } from '@uni/reload-core'
import type { MemoryProvider } from '@uni/reload-state'
import { z } from 'zod'
import { pageVisits, visits, type Visit, type Visits } from './contract.js'

/** Counts the visits of each page, as a pair of numbers. */
export function visitsV1(): Plugin {
  return {
    manifest: { id: 'visits', version: '1.0.0', capabilities: [visits.id] },
    register: (registrar) => {
      registrar.provide(visits, new VisitsV1())
    },
  }
}

class VisitsV1 implements MemoryProvider<Visits, Visit> {
  readonly version = '1.0.0'
  readonly name = 'visits'
  readonly schema: z.ZodType<Visits> = z.map(z.string(), z.tuple([z.number(), z.number()]))

  initial(): Visits {
    return new Map()
  }

  apply(value: Visits, { page, ms }: Visit): void {
    const before = pageVisits(value.get(page))
    value.set(page, [before.visits + 1, before.ms + ms])
  }

  /** The way back: from what version 2 keeps. */
  migrate(value: unknown): Visits {
    return new Map(
      Array.from(value as Visits, ([page, kept]) => {
        const known = pageVisits(kept)
        return [page, [known.visits, known.ms]]
      }),
    )
  }
}
