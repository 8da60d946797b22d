import { library } from '../../tsup.base.ts'

const EXPORTED = {
  node: 'src/node/index.ts',
  index: 'src/index.ts',
  ranges: 'src/ranges/index.ts',
  surfaces: 'src/surfaces/index.ts',
  testing: 'src/testing/index.ts',
}

// Built apart: what only `index.ts` imports, as code that is in `index.js` itself comes with whatever is imported from
// it; and `Slices`, which would otherwise share a file with all that is imported wherever it is.
const APART = {
  dispatcher: 'src/dispatch/dispatcher.ts',
  request: 'src/dispatch/request.ts',
  slices: 'src/slices.ts',
}

export default library({ ...EXPORTED, ...APART }, { dts: { entry: EXPORTED } })
