import type { Plugin } from '@uni/reload-core'
import type { FiredTimer, TimersProvider } from '@uni/reload-state'
import { z } from 'zod'
import { reminders, type Reminded, type Reminder } from './contract.js'

/** Reminders that are told when they are due. */
export function remindersV1(onReminded: (reminded: Reminded) => void): Plugin {
  return {
    manifest: { id: 'reminders', version: '1.0.0', capabilities: [reminders.id] },
    register: (registrar) => {
      registrar.provide(reminders, new RemindersV1(onReminded))
    },
  }
}

class RemindersV1 implements TimersProvider<Reminder> {
  readonly version = '1.0.0'
  readonly name = 'reminders'
  readonly schema = z.object({ text: z.string() })
  readonly #onReminded: (reminded: Reminded) => void

  constructor(onReminded: (reminded: Reminded) => void) {
    this.#onReminded = onReminded
  }

  fire({ id, dueAt }: FiredTimer<Reminder>): void {
    this.#onReminded({ version: this.version, id, dueAt })
  }
}
