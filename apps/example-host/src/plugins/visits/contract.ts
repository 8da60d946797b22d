import { memory } from '@uni/reload-state'

export interface Visit {
  readonly page: string
  /** How long it lasted. */
  readonly ms: number
}

/** What is known of one page: how often it was visited, and how long for in all. */
export interface PageVisits {
  readonly visits: number
  readonly ms: number
}

/** By page. Version 1 keeps both numbers as a pair. */
export type Visits = Map<string, PageVisits | readonly [visits: number, ms: number]>

export const visits = memory<Visits, Visit>('visits')

/** What a version keeps of a page, whichever version that is; zeros for a page that nobody has visited. */
export function pageVisits(kept: PageVisits | readonly [visits: number, ms: number] = [0, 0]): PageVisits {
  return 'visits' in kept ? kept : { visits: kept[0], ms: kept[1] }
}
