/**
 * Mutation testing, a scope at a time: `SCOPE=<name> pnpm mutation`. Which scopes have been run, and what is known about the
 * mutants that survive, is in docs/mutation-testing.md.
 *
 * A scope is what is mutated, below `src` of its package, and the tests that judge it, below `test`: those which say what
 * the mutated code has to do, and not the slow ones that run the whole host at random.
 */
export const scopes = {
  move: {
    package: 'core',
    mutate: ['move/*.ts'],
    tests: ['move/*.test.ts', '!move/*.property.test.ts', 'surfaces/*.test.ts', 'host/{bake,halted}.test.ts'],
  },
  dispatch: {
    package: 'core',
    mutate: ['dispatch/*.ts'],
    tests: [
      'dispatch/*.test.ts',
      'move/{clean,stop-and-copy*,pre-copy*}.test.ts',
      'host/{bake,bake-judging,history,journal,journal-failures,observer,preflight,dry-run}.test.ts',
    ],
  },
  journal: { package: 'core', mutate: ['journal/*.ts', 'node/*.ts'], tests: ['journal/*.test.ts'], testMs: 10_000 },
  commit: {
    package: 'core',
    mutate: [
      'host/{epoch,lease}/{epoch,epochs,lease-list,drain}.ts',
      'host/permanence/{bake,permanence}.ts',
      'host/{resource,state}/{attach,live-resources,plugins}.ts',
      'host/plan/{contracts,epoch-change,fencing,preflight,refuse-orphans,requested-change}.ts',
      'host/operation/{commit,fence,finalization,handover,operation,refuse-unmet,stage,undo-list,validate}.ts',
    ],
    tests: ['host/*.test.ts', 'dispatch/judgement.test.ts'],
  },
  'take-back': {
    package: 'core',
    mutate: ['take-back/*.ts'],
    tests: ['host/*.test.ts', 'move/{gate,rollback}*.test.ts', 'dispatch/standbys.test.ts'],
  },
  cdc: {
    package: 'cdc',
    mutate: ['strategy.ts', 'start-stream.ts', 'pump/*.ts'],
    tests: ['{errors,handoff*,progress,pump*}.test.ts'],
  },
  crdt: {
    package: 'crdt',
    mutate: ['judge*.ts', 'strategy.ts'],
    tests: ['{advice,attribution,both-versions,compat*,handoff*,host,judging,late,misread,remember,way-back}.test.ts'],
  },
  'logical-type': {
    package: 'logical-type',
    mutate: ['diff.ts', 'judge*.ts'],
    tests: ['*.test.ts', '!*.property.test.ts', '!readme.test.ts'],
    isolate: true,
    testMs: 10_000,
  },
  index: {
    package: 'index',
    mutate: ['{strategy,move-index,canary,meaning}.ts'],
    tests: ['{exclusive,failures,handoff,host,meaning-*,same-rows,samples,spool*,images,images-*}.test.ts'],
  },
  state: {
    package: 'state',
    mutate: ['when-served.ts', 'schema/*.ts', '{memory,per-key,connections,timers}/*.ts'],
    tests: ['{connections,options,per-key,timers,value}.test.ts'],
    testMs: 10_000,
  },
  fastify: { package: 'fastify', mutate: ['**/*.ts'], tests: ['*.test.ts'], testMs: 10_000 },
  'cdc-postgres': { package: 'cdc-postgres', mutate: ['log/{retained,transactions,values}.ts'], tests: ['*.test.ts'] },
  hocuspocus: { package: 'hocuspocus', mutate: ['**/*.ts'], tests: ['*.test.ts'] },
  telemetry: { package: 'telemetry', mutate: ['**/*.ts'], tests: ['*.test.ts'] },
  admin: { package: 'admin', mutate: ['**/*.ts'], tests: ['*.test.ts'] },
  cli: { package: 'cli', mutate: ['**/*.ts'], tests: ['{check,commands,watch}.test.ts'] },
  jobs: {
    package: 'jobs',
    mutate: ['*.ts', '{bullmq,croner,graphile-worker}/*.ts'],
    tests: ['*.test.ts'],
    testMs: 10_000,
  },
  console: { package: 'console', mutate: ['index.ts'], tests: ['*.built.test.ts'] },
  loader: { package: 'loader', mutate: ['*.ts'], tests: ['*.test.ts'] },
}

const name = process.env.SCOPE ?? ''
const scope = scopes[name]
if (!scope) throw new Error(`SCOPE is to be one of ${Object.keys(scopes).join(', ')}, and is '${name}'`)
const within = (folder, patterns) =>
  patterns.map((pattern) => pattern.replace(/^!?/, `$&packages/${scope.package}/${folder}/`))

// Read by vitest.mutation.ts, in this process and in those that Stryker starts.
process.env.MUTATION_TESTS = JSON.stringify(
  within(
    'test',
    scope.tests.filter((pattern) => !pattern.startsWith('!')),
  ),
)
process.env.MUTATION_NOT = JSON.stringify(
  within(
    'test',
    scope.tests.filter((pattern) => pattern.startsWith('!')),
  ).map((pattern) => pattern.slice(1)),
)
process.env.MUTATION_ISOLATE = String(scope.isolate ?? false)
process.env.MUTATION_TEST_MS = String(scope.testMs ?? 4_000)

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: within('src', scope.mutate),
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.ts', related: false },
  coverageAnalysis: 'perTest',
  // A run repeats what the one before could not know: new mutants, and those that survived where tests were added.
  incremental: true,
  incrementalFile: `out/mutation/${name}.incremental.json`,
  concurrency: 1,
  timeoutMS: 15_000,
  // Some tests compare sources with what a README shows, and no type is checked here.
  disableTypeChecks: false,
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  ignorePatterns: ['docs', 'apps', 'dist', '.ci', '.changeset', '.turbo', 'out'],
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  clearTextReporter: {
    allowColor: false,
    allowEmojis: false,
    reportTests: false,
    logTests: false,
    reportMutants: false,
  },
  jsonReporter: { fileName: `out/mutation/${name}.json` },
  htmlReporter: { fileName: `out/mutation/${name}.html` },
}
