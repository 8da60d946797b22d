import { library } from '../../tsup.base.ts'

export default library({
  index: 'src/index.ts',
  'diagnostics-channel': 'src/diagnostics-channel/index.ts',
  opentelemetry: 'src/opentelemetry/index.ts',
  prometheus: 'src/prometheus/index.ts',
})
