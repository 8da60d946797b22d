export { check, type CheckOptions } from './check/check.js'
export type { CheckConfig } from './check/check-config.js'
export type { CheckReport, CheckVerdict } from './check/check-report.js'
