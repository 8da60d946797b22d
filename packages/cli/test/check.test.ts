import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { CheckReport } from '../src/index.js'
import { runCli, type Ran } from './fixtures/run-cli.js'

const CONFIG = join(import.meta.dirname, 'fixtures/check/uni-reload.config.ts')

interface Made {
  readonly id?: string
  readonly version?: string
  readonly functions?: readonly string[]
  /** The body of `migrate` of the counts, where there are any. */
  readonly migrate?: string
  /** The same of the sales, which the plugin has the host open. */
  readonly sales?: string
  readonly extra?: string
}

/** The source of a plugin. */
function plugin(made: Made): string {
  const { id = 'shop', version = '1.0.0', functions = ['price'], migrate, sales, extra = '' } = made
  const counted = (name: string, body: string | undefined): string =>
    body === undefined
      ? ''
      : `registrar.provide(counts, {
           name: '${name}', initial: () => ({ count: 0 }), apply: () => {}, migrate: (value) => { ${body} } })`
  return `import { scalarFn } from '@uni/reload-core/surfaces'
import { counts, openMemory } from 'counts'
export default {
  manifest: { id: '${id}', version: '${version}' },
  register(registrar) {
    ${functions.map((name) => `registrar.provide(scalarFn, { name: '${name}', call: (x) => x })`).join('\n')}
    ${counted('visits', migrate)}
    ${counted('sales', sales)}
    ${sales === undefined ? '' : `registrar.open(counts, { name: 'sales', key: 'sales', open: openMemory() })`}
    ${extra}
  },
}`
}

async function checked(old: string, next: string, ...more: string[]): Promise<Ran> {
  const cwd = await mkdtemp(join(tmpdir(), 'check-'))
  onTestFinished(() => rm(cwd, { recursive: true }))
  await mkdir(join(cwd, 'state'))
  await writeFile(join(cwd, 'state/visits.json'), '{"count":17}')
  await writeFile(join(cwd, 'old.mjs'), old)
  await writeFile(join(cwd, 'new.mjs'), next)
  const ran = await runCli(['check', '--from', 'old.mjs', '--to', 'new.mjs', '--config', CONFIG, ...more], { cwd })
  // Whatever is opened there is a copy.
  expect(await readFile(join(cwd, 'state/visits.json'), 'utf8')).toBe('{"count":17}')
  return ran
}

const v2 = (made: Made = {}): string => plugin({ version: '2.0.0', ...made })
const reads = 'return value'
const refuses = `throw new Error('cannot read ' + value.count)`

describe('K1 whether an upgrade may be hot-reloaded', () => {
  it.each<[string, string, string, string[], number, string]>([
    ['a function that is there', plugin({}), v2(), [], 0, 'compatible  scalar-fn "price"'],
    ['a function more', plugin({}), v2({ functions: ['price', 'tax'] }), [], 0, 'added       scalar-fn "tax"'],
    ['a function less', plugin({ functions: ['price', 'tax'] }), v2(), [], 0, 'removed     scalar-fn "tax"'],
    ['the same version', plugin({}), plugin({}), [], 0, 'shop 1.0.0 → 1.0.0'],
    ['state that it reads', plugin({ migrate: reads }), v2({ migrate: reads }), ['--state', 'state'], 0, 'can be'],
    [
      'state that it cannot read',
      plugin({ migrate: reads }),
      v2({ migrate: refuses }),
      ['--state', 'state'],
      1,
      'cannot read 17',
    ],
    [
      'state that it is not asked about',
      plugin({ migrate: reads }),
      v2({ migrate: refuses }),
      [],
      0,
      'counts "visits"',
    ],
    [
      'state that it reads as another value',
      plugin({ migrate: reads }),
      v2({ migrate: 'return { count: 0 }' }),
      ['--state', 'state'],
      0,
      'migrate',
    ],
    ['state whose key is gone', plugin({ migrate: reads }), v2(), ['--state', 'state'], 1, 'ORPHANED_RESOURCE'],
    ['what throws as it registers', plugin({}), v2({ extra: `throw new Error('no shop')` }), [], 1, 'no shop'],
    [
      'a surface that nobody has',
      plugin({}),
      v2({ extra: `registrar.provide({ id: 'x', keyOf: () => 'x' }, {})` }),
      [],
      1,
      'NO_STRATEGY',
    ],
    ['another plugin', plugin({}), v2({ id: 'other' }), [], 1, 'names itself "other"'],
    [
      'a range that is not met',
      plugin({}),
      v2().replace(`version: '2.0.0' }`, `version: '2.0.0', dependsOn: [{ id: 'db', range: '^1.0.0' }] }`),
      [],
      1,
      'DEPENDENCY',
    ],
    ['a syntax error', plugin({}), v2({ extra: 'const = 1' }), [], 2, 'SYNTAX'],
    ['no plugin', plugin({}), 'export const a = 1', [], 2, 'EXPORT'],
    ['an old version that is none', 'export const a = 1', v2(), [], 2, 'the old version, old.mjs'],
    [
      'what cannot be judged, strictly',
      plugin({ migrate: reads }),
      v2({ migrate: reads }).replace(/migrate: .*? \}\)/s, '})'),
      ['--state', 'state', '--strict'],
      1,
      'unjudged',
    ],
  ])('%s', async (_, old, next, more, code, text) => {
    const ran = await checked(old, next, ...more)
    expect(ran.out + ran.err).toContain(text)
    expect(ran.code).toBe(code)
  })

  it('names all that would be refused, and not the first alone', async () => {
    const old = plugin({ migrate: reads, sales: reads })
    const ran = await checked(old, v2({ migrate: refuses, sales: refuses }), '--state', 'state', '--json')
    const report = JSON.parse(ran.out) as CheckReport
    const refused = report.verdicts.filter(({ level }) => level === 'incompatible').map(({ key }) => key)
    expect(refused.toSorted()).toEqual(['sales', 'visits'])
  })

  it('K2 refuses --state where nothing says how it is opened', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'check-'))
    onTestFinished(() => rm(cwd, { recursive: true }))
    await writeFile(join(cwd, 'uni-reload.config.mjs'), 'export default { strategies: [] }')
    const empty = `export default { manifest: { id: 'a', version: '1.0.0' }, register() {} }`
    await writeFile(join(cwd, 'a.mjs'), empty)
    const ran = await runCli(['check', '--from', 'a.mjs', '--to', 'a.mjs', '--state', '.'], { cwd })
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('Export open(host, state)') as string })
  })
})

describe('K3 the formats', () => {
  const formats: Record<string, string> = {}
  beforeAll(async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'check-'))
    await mkdir(join(cwd, 'state'))
    await writeFile(join(cwd, 'state/visits.json'), '{"count":17}')
    await writeFile(join(cwd, 'old.mjs'), plugin({ migrate: reads }))
    await writeFile(join(cwd, 'new.mjs'), v2({ migrate: `throw new Error('50% of <them> & "more"')` }))
    for (const format of ['json', 'junit', 'sarif', 'github']) {
      const args = ['check', '--from', 'old.mjs', '--to', 'new.mjs', '--config', CONFIG, '--state', 'state']
      formats[format] = (await runCli([...args, '--format', format], { cwd })).out
    }
    await rm(cwd, { recursive: true })
  })

  it('JSON has the whole report', () => {
    expect(JSON.parse(formats['json'] as string)).toMatchObject({
      plugin: 'shop',
      from: '1.0.0',
      to: '2.0.0',
      compatible: false,
      verdicts: [{ surface: 'counts', key: 'visits', level: 'incompatible' }],
    })
  })

  it('JUnit has a test case for each verdict, and its text is XML', () => {
    expect(formats['junit']).toContain(
      '<testsuite name="shop 1.0.0 → 2.0.0" tests="1" failures="1" skipped="0" errors="0"',
    )
    expect(formats['junit']).toContain('name="counts &quot;visits&quot;"><failure message="')
    expect(formats['junit']).toContain('50% of &lt;them&gt; &amp; &quot;more&quot;')
  })

  it('SARIF has a result for each that is not compatible, at the new file', () => {
    const { runs, version } = JSON.parse(formats['sarif'] as string) as {
      version: string
      runs: { tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string }[] }[]
    }
    const [run] = runs
    expect(version).toBe('2.1.0')
    expect(run?.results).toMatchObject([
      {
        ruleId: 'incompatible',
        level: 'error',
        locations: [{ physicalLocation: { artifactLocation: { uri: 'new.mjs' } } }],
      },
    ])
    const rules = new Set(run?.tool.driver.rules.map(({ id }) => id))
    expect(run?.results.filter(({ ruleId }) => !rules.has(ruleId))).toEqual([])
  })

  it('GitHub has an annotation for each, on one line', () => {
    const lines = (formats['github'] as string).trimEnd().split('\n')
    expect(lines.length).toBe(1)
    expect(lines[0]).toMatch(/^::error file=new\.mjs,title=counts "visits" is incompatible::.*50%25 of <them>/)
  })
})
