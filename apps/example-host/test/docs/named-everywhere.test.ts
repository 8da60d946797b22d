import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './blocks.js'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const packages = readdirSync(join(ROOT, 'packages'))
const apps = readdirSync(join(ROOT, 'apps'))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly publishConfig?: { readonly exports: Readonly<Record<string, unknown>> }
  readonly peerDependencies?: Readonly<Record<string, string>>
}
const manifestOf = (folder: string): Manifest => JSON.parse(read(`packages/${folder}/package.json`)) as Manifest

/**
 * Where a package of packages/ has to be named, besides its own folder, and how: docs/contributing.md has the same list. What is
 * not here goes through the folder by itself: workspaces, test projects, types, builds, checks of packages, releases, sizes in
 * the bench.
 */
const PLACES: Readonly<Record<string, (folder: string, name: string) => boolean>> = {
  'README.md, with a link': (folder) => read('README.md').includes(`](packages/${folder})`),
  'docs/architecture.md, in the drawing of what imports what': (_, name) =>
    blockOf(read('docs/architecture.md')).includes(name),
  '.size-limit.json, with its limit': (_, name) =>
    (JSON.parse(read('.size-limit.json')) as { name: string }[]).some((budget) => budget.name === name),
  'stryker.config.mjs, as the package of a scope': (folder) =>
    new RegExp(`package: '${folder}'`).test(read('stryker.config.mjs')),
  'apps/fault-matrix/package.json, as a dependency, if it is a kind': (folder, name) =>
    !hasStrategies(folder) || dependsOn('fault-matrix', name),
  'apps/example-host/package.json, as a dependency, or one of development, so that a CommonJS program requires it there': (
    _,
    name,
  ) => dependsOn('example-host', name),
  'apps/bench/package.json, as a dependency, so that its size is measured, if it is a kind': (folder, name) =>
    !hasStrategies(folder) || dependsOn('bench', name),
  'apps/example-host/src/host/strategies.ts, which makes its strategies, if it is a kind': (folder, name) =>
    !hasStrategies(folder) || read('apps/example-host/src/host/strategies.ts').includes(`from '${name}`),
  '.changeset/, by a first release (`major`), as long as it has not been released': (folder, name) =>
    manifestOf(folder).version !== '0.0.0' ||
    changesets().some((changeset) => changeset.includes(`'${name}': major`)),
}

/** Whether it exports a strategy, such as `indexHandoff`: what exports none, such as an adapter, replaces nothing itself. */
const hasStrategies = (folder: string): boolean => /\b[a-z]\w*Handoff\b/.test(read(`packages/${folder}/src/index.ts`))

/** The first fenced block of a document. */
const blockOf = (document: string): string => /```\n([^]*?)```/.exec(document)?.[1] ?? ''

const changesets = (): string[] =>
  readdirSync(join(ROOT, '.changeset'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => read(`.changeset/${file}`))

function dependsOn(app: string, name: string): boolean {
  const { dependencies, devDependencies } = JSON.parse(read(`apps/${app}/package.json`)) as Record<string, object>
  return name in { ...dependencies, ...devDependencies }
}

describe('a package is named everywhere it has to be', () => {
  it.each(packages)('packages/%s', (folder) => {
    const { name } = manifestOf(folder)
    const missing = Object.entries(PLACES)
      .filter(([, names]) => !names(folder, name))
      .map(([place]) => place)
    expect(missing, `${name} is to be named in:\n${missing.join('\n')}\n`).toEqual([])
  })

  it.each(packages)('packages/%s has what each package has', (folder) => {
    const files = readdirSync(join(ROOT, 'packages', folder))
    const expected = ['README.md', 'SPEC.md', 'package.json', 'src', 'test', 'tsconfig.json', 'tsup.config.ts', 'vitest.config.ts']
    const missing = expected.filter((file) => !files.includes(file))
    expect(missing, `packages/${folder} is to have ${missing.join(', ')}`).toEqual([])
    const { exports, publishConfig, peerDependencies } = manifestOf(folder)
    // What is published has no condition that leads to sources, and the same entries.
    expect(Object.keys(publishConfig?.exports ?? {})).toEqual(Object.keys(exports))
    expect(JSON.stringify(publishConfig)).not.toContain('@uni/source')
    if (folder !== 'core') expect(Object.keys(peerDependencies ?? {})).toContain('@uni/reload-core')
  })
})

/** Mutation testing has its scopes in a file that needs one to be chosen. */
interface Scope {
  readonly package: string
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
}

async function scopes(): Promise<Readonly<Record<string, Scope>>> {
  process.env['SCOPE'] = 'move'
  return ((await import(/* @vite-ignore */ join(ROOT, 'stryker.config.mjs'))) as { scopes: Record<string, Scope> }).scopes
}

/** The files below a folder of a package, such as `dispatch/step.ts`. */
const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, 'packages', folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  )

/** Each choice of each group, the other groups left open: `{a,b}/{c,d}.ts` is `a/{c,d}.ts`, `b/{c,d}.ts`, `{a,b}/c.ts`, … */
function choices(pattern: string): string[] {
  const groups = Array.from(pattern.matchAll(/\{([^}]*)\}/g))
  if (groups.length === 0) return [pattern]
  return groups.flatMap(({ 0: group, 1: choice, index }) =>
    (choice as string).split(',').map((one) => pattern.slice(0, index) + one + pattern.slice(index + group.length)),
  )
}

const matcher = (pattern: string): RegExp => {
  const source = pattern
    .replaceAll('.', '\\.')
    .replace(/\{([^}]*)\}/g, (_, choice: string) => `(?:${choice.replaceAll(',', '|')})`)
    .replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'))
  return new RegExp(`^${source}$`)
}

it('each pattern of a mutation scope is of files that there are', async () => {
  const unmatched = Object.entries(await scopes()).flatMap(([name, { package: folder, mutate, tests }]) => {
    const unmet = (patterns: readonly string[], below: string): string[] => {
      const files = filesBelow(`${folder}/${below}`)
      return patterns
        .flatMap((pattern) => choices(pattern.replace(/^!/, '')))
        .filter((pattern) => !files.some((file) => matcher(pattern).test(file)))
        .map((pattern) => `${name}: packages/${folder}/${below}/${pattern}`)
    }
    return [...unmet(mutate, 'src'), ...unmet(tests, 'test')]
  })
  expect(unmatched, `stryker.config.mjs names what there is not:\n${unmatched.join('\n')}\n`).toEqual([])
})

it('each app is named in the drawing of the architecture, or where tests are', () => {
  const document = read('docs/architecture.md')
  expect(apps.filter((app) => !document.includes(`apps/${app}`))).toEqual([])
})
