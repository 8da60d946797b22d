import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const MAIN = join(import.meta.dirname, '../dist/main.js')
const PLUGINS = join(import.meta.dirname, '../../../apps/example-host/src/plugins/distance')

async function uniReload(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [MAIN, ...args])) }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

it('K1 checks an upgrade of the example host without a configuration', async () => {
  const args = ['check', '--from', join(PLUGINS, 'v1.ts'), '--to', join(PLUGINS, 'v2.ts')]
  const { code, stdout } = await uniReload(...args)
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('can be hot-reloaded') as string })
})

it('C6 helps, completes, and says what is wrong', async () => {
  expect(await uniReload('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('take-back') as string })
  const script = await uniReload('completion')
  expect(script).toMatchObject({ code: 0, stdout: expect.stringContaining('_uni-reload_yargs_completions') as string })
  const completed = await uniReload('--get-yargs-completions', 'uni-reload', 'tak')
  expect(completed.stdout).toContain('take-back')
  expect(await uniReload('relaod')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean reload') as string,
  })
})
