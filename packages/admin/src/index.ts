export { Admin } from './admin.js'
export type { AdminOptions, ConsoleAsset, MetricsSource, PluginSource, WritingOptions } from './admin-options.js'
export type { AuditEntry } from './access/audit.js'
