export {
  changesOf,
  relationsOf,
  type PostgresChange,
  type PostgresColumn,
  type PostgresRow,
  type PostgresValue,
} from './changes.js'
export type { Connection } from './connect.js'
export { PostgresCdcError, type PostgresCdcErrorCode, type PostgresCdcErrorInit } from './errors.js'
export { PostgresCommitLog, type PostgresCommitLogOptions, type PostgresLogEvent } from './log/postgres-commit-log.js'
export { PostgresCheckpointStore, type PostgresCheckpointStoreOptions } from './postgres-checkpoint-store.js'
export { postgresSink, type PostgresSinkOptions } from './sink/postgres-sink.js'
