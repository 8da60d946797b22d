export { observers } from './observers.js'
