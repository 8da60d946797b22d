export { Admin } from './admin.js'
export type { AdminOptions, MetricsSource, PluginSource, WritingOptions } from './admin-options.js'
export type { AuditEntry } from './access/audit.js'
