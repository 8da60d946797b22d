import { declareMatrix } from '../../src/matrix.js'
import { queuedJobs } from '../../src/subjects/queued-jobs.js'

// The strategy of queues goes by that of the core, and has everything of it.
const { strategy, subject } = queuedJobs()
await declareMatrix(strategy, subject)
