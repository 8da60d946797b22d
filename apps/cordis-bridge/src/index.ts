export { cordisHost, type CordisHostOptions } from './cordis-host.js'
export { cordisPlugin, type CordisPluginOptions } from './cordis-plugin.js'
