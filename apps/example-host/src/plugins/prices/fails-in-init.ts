import type { Plugin } from '@uni/reload-core'
import { pricesV2 } from './v2.js'

/** Registers well, and then does not find what it needs. */
export function failsInInit(): Plugin {
  const good = pricesV2()
  return {
    ...good,
    manifest: { ...good.manifest, version: '3.0.0' },
    async init() {
      throw new Error('the price list is missing')
    },
  }
}
