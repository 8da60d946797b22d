import { runCdcConformance } from '@uni/reload-cdc/testing'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { startPostgres, type Postgres } from '../../src/demo/postgres.js'
import { postgresEntry } from '../../src/plugins/postgres/entry.js'
import { inHaste } from '../plugins/support/sink-schema.js'
import { tempDirectory } from '../plugins/support/temp-directory.js'
import { failuresOf } from './support/failures.js'
import { goldenFiles } from './support/golden-files.js'
import { POSTGRES_SINK, postgresSink } from './support/postgres-sink.js'

const golden = await goldenFiles('postgres')
let directory: Awaited<ReturnType<typeof tempDirectory>>
let server: Postgres

beforeAll(async () => {
  directory = await tempDirectory()
  server = await startPostgres(directory.path)
  await inHaste(server.connectionString)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

describe.each(['v1', 'v2'] as const)('postgres %s keeps the rules of a CDC output', (version) => {
  runCdcConformance({
    test,
    make: () => postgresSink(server.connectionString, (entry) => entry[version]()),
    capabilities: POSTGRES_SINK,
    golden,
  })
})

it.each(
  postgresEntry('')
    .bad()
    .map(({ fault }, at) => [fault, at] as const),
)('a version that %s fails the kit on the rule it breaks', async (_, at) => {
  const make = (): ReturnType<typeof postgresSink> =>
    postgresSink(server.connectionString, (entry) => (entry.bad()[at] as ReturnType<typeof entry.bad>[number]).plugin)
  expect(
    await failuresOf((declare) => runCdcConformance({ test: declare, make, capabilities: POSTGRES_SINK, golden })),
  ).toEqual({ keys: ['contract/stream'], rules: ['P1'] })
})
