import { library } from '../../tsup.base.ts'

export default library({
  node: 'src/node/index.ts',
  index: 'src/index.ts',
  ranges: 'src/ranges/index.ts',
  surfaces: 'src/surfaces/index.ts',
  testing: 'src/testing/index.ts',
})
