import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Plugin } from '@uni/reload-core'
import type { FiredTimer, TimersProvider } from '@uni/reload-state'
import { z } from 'zod'
import { reminders, type Reminded, type Reminder } from './contract.js'

/** The same reminders, of which some are urgent: the others wait a turn, and fire while the version is replaced. */
export function remindersV2(onReminded: (reminded: Reminded) => void): Plugin {
  return {
    manifest: { id: 'reminders', version: '2.0.0', capabilities: [reminders.id] },
    register: (registrar) => {
      registrar.provide(reminders, new RemindersV2(onReminded))
    },
  }
}

export class RemindersV2 implements TimersProvider<Reminder> {
  readonly version: string = '2.0.0'
  readonly name = 'reminders'
  readonly schema: z.ZodType<Reminder> = z.object({ text: z.string(), urgent: z.boolean().default(false) })
  readonly #onReminded: (reminded: Reminded) => void

  constructor(onReminded: (reminded: Reminded) => void) {
    this.#onReminded = onReminded
  }

  async fire({ id, dueAt, payload }: FiredTimer<Reminder>): Promise<void> {
    if (!payload.urgent) await nextTurn()
    this.#onReminded({ version: this.version, id, dueAt })
  }
}
