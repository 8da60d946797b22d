import { declareMatrix } from '../../src/matrix.js'
import { scheduledJobs } from '../../src/subjects/background-job.js'

const { strategy, subject } = scheduledJobs()
await declareMatrix(strategy, subject)
