import type { Plugin } from '@uni/reload-core'
import { reminders } from './contract.js'

/** Leaves out the method of the contract, as a plugin in plain JavaScript may. */
export function lacksFire(): Plugin {
  return {
    manifest: { id: 'reminders', version: '3.0.0', capabilities: [reminders.id] },
    register: (registrar) => {
      registrar.provide(reminders, { version: '3.0.0', name: 'reminders' } as never)
    },
  }
}
