export type { Digest, External, LoadedPlugin } from './loaded-plugin.js'
export { LoadError, type LoadErrorCode, type LoadErrorInit, type SourcePlace } from './errors.js'
