import type { CatalogueEntry } from '../catalogue.js'
import { reminders, type Reminded } from './contract.js'
import { lacksFire } from './lacks-fire.js'
import { refusesWhatIsPending } from './refuses-what-is-pending.js'
import { remindersV1 } from './v1.js'
import { remindersV2 } from './v2.js'

/** @param onReminded told of each firing. */
export function remindersEntry(onReminded: (reminded: Reminded) => void): CatalogueEntry {
  return {
    id: 'reminders',
    surface: reminders.id,
    keys: ['reminders'],
    v1: () => remindersV1(onReminded),
    v2: () => remindersV2(onReminded),
    bad: () => [
      {
        plugin: refusesWhatIsPending(onReminded),
        fault: 'refuses what is pending',
        code: 'SCHEMA_INCOMPAT',
        result: 'rejected',
      },
      { plugin: lacksFire(), fault: 'lacks the method fire', code: 'PLUGIN', result: 'rejected' },
    ],
  }
}
