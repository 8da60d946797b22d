export { cronerJobs, type CronerJobs, type CronerJobsOptions } from './cron-jobs.js'
