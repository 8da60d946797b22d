export { channelObserver, type OperationMessage, type PhaseMessage } from './channel-observer.js'
