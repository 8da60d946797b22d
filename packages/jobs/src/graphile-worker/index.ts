export { graphileJobs, type GraphileJobs, type GraphileJobsOptions, type RunnerJobs } from './graphile-jobs.js'
