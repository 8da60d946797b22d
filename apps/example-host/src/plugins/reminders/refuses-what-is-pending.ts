import type { Plugin } from '@uni/reload-core'
import { z } from 'zod'
import { reminders, type Reminded, type Reminder } from './contract.js'
import { RemindersV2 } from './v2.js'

/** Wants to know of each reminder what nobody has said of those that are pending. */
export function refusesWhatIsPending(onReminded: (reminded: Reminded) => void): Plugin {
  return {
    manifest: { id: 'reminders', version: '3.0.0', capabilities: [reminders.id] },
    register: (registrar) => {
      registrar.provide(reminders, new RefusesWhatIsPending(onReminded))
    },
  }
}

class RefusesWhatIsPending extends RemindersV2 {
  override readonly version = '3.0.0'
  override readonly schema: z.ZodType<Reminder> = z.object({ text: z.string(), channel: z.string() })
}
