import type { ResourceId } from './version-data.js'

/** Everything that is known of the writes to one resource, apart from the code under test. */
export interface ResourceData {
  readonly id: ResourceId
  /** The id of the plugin that had its host open it; one that the host has attached itself has none. */
  readonly openedBy: string | undefined
  /** In the order they were made. */
  readonly issued: number[]
  readonly acknowledged: Set<number>
  /** What its writers have written down of that. */
  readonly log: Set<number>
  /** Those that their writer was told not to have been made. */
  readonly refused: Set<number>
  /** Of a stream: whether a delivery is under way, and whether the outcome of the last one is unknown. */
  delivering: boolean
  uncertain: boolean
}

/** What the writers of a resource have written down, in the order in which it was written. */
export function logOf(data: ResourceData | undefined): readonly number[] {
  return data === undefined ? [] : [...new Set(data.issued)].filter((number) => data.log.has(number))
}
