import type { Plugin } from '@uni/reload-core'
import { z } from 'zod'
import { pageVisits, visits, type PageVisits, type Visit, type Visits } from './contract.js'
import { VisitsV2 } from './v2.js'

/** Wants to know more of each page than earlier versions kept, and has no `migrate` that would make it up. */
export function refusesWhatIsKept(): Plugin {
  return {
    manifest: { id: 'visits', version: '3.0.0', capabilities: [visits.id] },
    register: (registrar) => {
      registrar.provide(visits, new RefusesWhatIsKept())
    },
  }
}

interface Longest extends PageVisits {
  readonly longestMs: number
}

class RefusesWhatIsKept extends VisitsV2 {
  override readonly version = '3.0.0'
  override readonly schema: z.ZodType<Visits> = z.map(
    z.string(),
    z.strictObject({ visits: z.number(), ms: z.number(), longestMs: z.number() }),
  )

  override apply(value: Visits, { page, ms }: Visit): void {
    const before = pageVisits(value.get(page))
    const longestMs = Math.max(ms, (before as Partial<Longest>).longestMs ?? 0)
    value.set(page, { visits: before.visits + 1, ms: before.ms + ms, longestMs } as Longest)
  }

  override migrate(value: unknown): unknown {
    return value
  }
}
