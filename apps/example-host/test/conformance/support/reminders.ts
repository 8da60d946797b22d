import type { Reminder } from '../../../src/plugins/reminders/contract.js'

/** Reminders as both versions set them. */
export const REMINDERS: readonly Reminder[] = [{ text: 'water the plants' }, { text: 'fire', urgent: true }]
