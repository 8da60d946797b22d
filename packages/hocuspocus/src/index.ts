export { documentState, stateOf, type AnyDocumentState, type DocumentState } from './document-state.js'
export { extensionPlugin, type ExtensionPlugin } from './extension-plugin.js'
export { extensionSets } from './surface.js'
export { reloadHocuspocus, type ReloadableHocuspocus, type ReloadHocuspocusOptions } from './reload-hocuspocus.js'
