export { FileJournal } from './file-journal.js'
export { planRecovery, type AbandonedVersion, type RecoveredPlugin, type RecoveryPlan } from '../journal/plan-recovery.js'
