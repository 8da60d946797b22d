import type { TimersProvider } from '@uni/reload-state'
import { runTimersConformance } from '@uni/reload-state/testing'
import { describe, test } from 'vitest'
import { reminders, type Reminder } from '../../src/plugins/reminders/contract.js'
import { remindersEntry } from '../../src/plugins/reminders/entry.js'
import { providerOf } from '../plugins/support/providers.js'
import { REMINDERS } from './support/reminders.js'

const entry = remindersEntry(() => {})

describe.each(['v1', 'v2'] as const)('reminders %s keep the rules of timers', (version) => {
  const make = (): TimersProvider<Reminder> => providerOf(entry[version](), reminders)
  runTimersConformance({ test, make, payloads: REMINDERS, refuses: [{ text: 17 }, 'a text'] })
})
