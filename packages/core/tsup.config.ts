import { library } from '../../tsup.base.ts'

const EXPORTED = {
  node: 'src/node/index.ts',
  index: 'src/index.ts',
  ranges: 'src/ranges/index.ts',
  surfaces: 'src/surfaces/index.ts',
  testing: 'src/testing/index.ts',
}

// What only `index.ts` imports is built apart: code that is in `index.js` itself comes with whatever is imported from it.
const APART = { dispatcher: 'src/dispatch/dispatcher.ts', request: 'src/dispatch/request.ts' }

export default library({ ...EXPORTED, ...APART }, { dts: { entry: EXPORTED } })
