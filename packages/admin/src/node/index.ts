export { adminToken, type AdminToken } from './admin-token.js'
export { auditFile } from './audit-file.js'
export { pluginLoader, type PluginLoaderOptions } from './plugin-loader.js'
export { processVitals } from './process-vitals.js'
