import type { Visit } from '../visits/contract.js'

/** What a check of a visit answers. */
export interface Checked {
  readonly version: string
  readonly passed: boolean
}

/** The checks of each version, by their keys. */
export const CHECKS: Readonly<Record<string, (visit: Visit) => boolean>> = {
  'checks/page': ({ page }) => page.startsWith('/'),
  'checks/time': ({ ms }) => ms >= 0,
}
