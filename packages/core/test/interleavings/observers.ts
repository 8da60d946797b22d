import { passPeriods } from './bake.js'
import { noteFault } from './causes.js'
import { checkRecovery, noteJournalFailure } from './make-permanent.js'
import { observeEvent } from './observe-bake.js'
import { observeClosing, observeDisposal, observeOpening, observeShutdown } from './observe-calls.js'
import { noteDeclared, noteOpening } from './observe-declared.js'
import { observe } from './observe.js'
import { noteTold } from './told-of-commits.js'
import type { Observers } from './world.js'

export const OBSERVERS: Observers = {
  look: observe,
  happened: observeEvent,
  toldOfCommit: noteTold,
  journalFailed: noteJournalFailure,
  journalWritten: checkRecovery,
  faulted: noteFault,
  passed: passPeriods,
  opening: observeOpening,
  openingFor: noteOpening,
  declared: noteDeclared,
  closing: observeClosing,
  disposing: observeDisposal,
  shuttingDown: observeShutdown,
}
