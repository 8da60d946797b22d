import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../../..')
const CHANGESETS = join(ROOT, 'node_modules/@changesets/cli/bin.js')

export type Bump = 'major' | 'minor' | 'patch'

/** As much of a package as a release changes. */
export interface Released {
  readonly version: string
  /** The range of core versions it works with. */
  readonly core: string | undefined
  readonly changelog: string | undefined
}

/** As much of the repository as decides about releases, in a temporary folder, under git. */
export class RepositoryCopy implements AsyncDisposable {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  static async make(): Promise<RepositoryCopy> {
    const path = await realpath(await mkdtemp(join(tmpdir(), 'releases-')))
    const copy = new RepositoryCopy(path)
    const workspaces = (
      await Promise.all(
        ['packages', 'apps'].map(async (folder) =>
          (await readdir(join(ROOT, folder))).map((name) => `${folder}/${name}`),
        ),
      )
    ).flat()
    for (const file of [
      'package.json',
      'pnpm-workspace.yaml',
      '.changeset',
      ...workspaces.map((workspace) => `${workspace}/package.json`),
    ]) {
      await cp(join(ROOT, file), join(path, file), { recursive: true })
    }
    await symlink(join(ROOT, 'node_modules'), join(path, 'node_modules'))
    for (const workspace of workspaces) await copy.#linkSiblings(join(path, workspace))
    await writeFile(join(path, '.gitignore'), 'node_modules\n')
    await copy.#git('init', '--quiet', '--initial-branch', 'main')
    await copy.#commit('As it is')
    return copy
  }

  /** Writes a changeset for each set of bumps, and releases them with all that are pending. */
  async release(...changesets: readonly Readonly<Record<string, Bump>>[]): Promise<void> {
    for (const [at, bumps] of changesets.entries()) {
      const lines = Object.entries(bumps)
        .map(([name, bump]) => `'@uni/reload-${name}': ${bump}\n`)
        .join('')
      await writeFile(join(this.#path, '.changeset', `of-the-test-${at}.md`), `---\n${lines}---\n\nA change.\n`)
    }
    await this.#commit('Changes')
    await run(process.execPath, [CHANGESETS, 'version'], { cwd: this.#path })
    await this.#commit('Release')
  }

  /** The commit that it is at. */
  async head(): Promise<string> {
    return (await this.#git('rev-parse', 'HEAD')).trim()
  }

  async goBackTo(commit: string): Promise<void> {
    await this.#git('reset', '--quiet', '--hard', commit)
  }

  /** The packages that are published, by name without `@uni/reload-`. */
  async packages(): Promise<Record<string, Released>> {
    const names = await readdir(join(this.#path, 'packages'))
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await this.#released(name)] as const)))
  }

  /** Every file that differs from the last release but one. */
  async changed(): Promise<string[]> {
    return (await this.#git('diff', '--name-only', 'HEAD~1'))
      .split('\n')
      .filter((file) => file !== '' && !file.startsWith('.changeset/'))
  }

  /** The manifest of a package as it would be published. */
  async packed(
    name: string,
  ): Promise<{ readonly version: string; readonly peerDependencies: Readonly<Record<string, string>> }> {
    const folder = join(this.#path, 'packages', name)
    const [command, ...before] = pnpm()
    await run(command, [...before, 'pack', '--pack-destination', this.#path, '--config.ignore-scripts=true'], {
      cwd: folder,
    })
    const tarball = (await readdir(this.#path)).find((file) => file.endsWith('.tgz'))
    if (tarball === undefined) throw new Error(`${name} was not packed`)
    const { stdout } = await run('tar', ['-xzOf', join(this.#path, tarball), 'package/package.json'])
    await rm(join(this.#path, tarball))
    return JSON.parse(stdout) as { version: string; peerDependencies: Record<string, string> }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#path, { recursive: true })
  }

  async #released(name: string): Promise<Released> {
    const folder = join(this.#path, 'packages', name)
    const { version, peerDependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version: string
      peerDependencies?: Record<string, string>
    }
    const changelog = await readFile(join(folder, 'CHANGELOG.md'), 'utf8').catch(() => undefined)
    return { version, core: peerDependencies?.['@uni/reload-core'], changelog }
  }

  /** What a workspace depends on has to be found beside it when it is packed. */
  async #linkSiblings(workspace: string): Promise<void> {
    if (basename(dirname(workspace)) !== 'packages' || basename(workspace) === 'core') return
    await mkdir(join(workspace, 'node_modules/@uni'), { recursive: true })
    await symlink(join(this.#path, 'packages/core'), join(workspace, 'node_modules/@uni/reload-core'))
    await symlink(
      join(ROOT, 'packages', basename(workspace), 'node_modules/apache-arrow'),
      join(workspace, 'node_modules/apache-arrow'),
    ).catch(() => {})
  }

  async #commit(message: string): Promise<void> {
    await this.#git('add', '--all')
    await this.#git(
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@localhost',
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      message,
    )
  }

  async #git(...args: readonly string[]): Promise<string> {
    return (await run('git', [...args], { cwd: this.#path })).stdout
  }
}

/** The pnpm that runs the tests, or, where they were run without one, the one that the README names. */
function pnpm(): [command: string, ...before: string[]] {
  const running = process.env['npm_execpath'] ?? ''
  return basename(running).startsWith('pnpm') ? [process.execPath, running] : ['npx', '--yes', 'pnpm@10']
}
