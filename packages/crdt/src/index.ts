export {
  crdtKind,
  type CrdtKindProvider,
  type CrdtKindSurface,
  type CrdtSample,
  type CrdtState,
  type SchemaCheckContext,
} from './contract.js'
export { crdtHandoff, type CrdtHandoffOptions } from './strategy.js'
export { type CrdtVerdict, type Unjudged } from './judge.js'
export { type CrdtDirection } from './way-back.js'
export { openStored, type OpenStoredOptions, type StoredDocument } from './open-stored.js'
export { type CrdtIncompatibility } from './probe.js'
export { type CrdtCheck } from './advice.js'
export { type Difference } from './difference.js'
