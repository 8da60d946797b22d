import type { Plugin } from '@uni/reload-core'
import type { MemoryProvider } from '@uni/reload-state'
import { z } from 'zod'
import { pageVisits, visits, type Visit, type Visits } from './contract.js'

/** The same counts, whose numbers have names. */
export function visitsV2(): Plugin {
  return {
    manifest: { id: 'visits', version: '2.0.0', capabilities: [visits.id] },
    register: (registrar) => {
      registrar.provide(visits, new VisitsV2())
    },
  }
}

export class VisitsV2 implements MemoryProvider<Visits, Visit> {
  readonly version: string = '2.0.0'
  readonly name = 'visits'
  readonly schema: z.ZodType<Visits> = z.map(z.string(), z.strictObject({ visits: z.number(), ms: z.number() }))

  initial(): Visits {
    return new Map()
  }

  apply(value: Visits, { page, ms }: Visit): void {
    const before = pageVisits(value.get(page))
    value.set(page, { visits: before.visits + 1, ms: before.ms + ms })
  }

  /** From the pairs of version 1. */
  migrate(value: unknown): unknown {
    return new Map(Array.from(value as Visits, ([page, kept]) => [page, pageVisits(kept)]))
  }
}
