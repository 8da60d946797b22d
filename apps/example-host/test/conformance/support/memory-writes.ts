import type { Visit } from '../../../src/plugins/visits/contract.js'

/** Visits of two pages, one of them more than once. */
export const VISITS: readonly Visit[] = [
  { page: '/', ms: 12_000 },
  { page: '/film/7', ms: 0 },
  { page: '/', ms: 3 },
]
/** Lines of a draft, two of which are alike. */
export const LINES: readonly string[] = ['Present: all', '', 'Present: all']
