import { library } from '../../tsup.base.ts'

export default library({
  index: 'src/index.ts',
  bullmq: 'src/bullmq/index.ts',
  'graphile-worker': 'src/graphile-worker/index.ts',
  croner: 'src/croner/index.ts',
  testing: 'src/testing/index.ts',
})
