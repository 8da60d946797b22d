export { bullmqJobs, type BullmqJobs, type BullmqJobsOptions } from './bullmq-jobs.js'
