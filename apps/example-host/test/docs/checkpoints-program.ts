import { FileCheckpointStore } from '@uni/reload-cdc/node'
const checkpoints = new FileCheckpointStore('/var/lib/app/checkpoints')

export { checkpoints }
