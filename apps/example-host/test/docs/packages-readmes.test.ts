import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FileCheckpointStore } from '@uni/reload-cdc/node'
import { describe, expect, it, vi } from 'vitest'
import { tempDirectory } from '../plugins/support/temp-directory.js'

it('the example of the core runs as it is printed', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await import('./core-readme-program.js')
    expect(log.mock.calls).toEqual([['Hello, Ada'], ['Good day, Ada'], ['finalized']])
  } finally {
    log.mockRestore()
  }
})

it('checkpoints and images can be kept in files', async () => {
  expect((await import('./checkpoints-program.js')).checkpoints).toBeInstanceOf(FileCheckpointStore)
  expect((await import('./spool-program.js')).strategy).toMatchObject({ discipline: 'pre-copy' })
})

it('a document at rest is opened with the value that was stored', async () => {
  const { host } = await import('./open-stored-program.js')
  expect(host.resources()).toMatchObject([{ name: 'minutes', state: 'serving' }])
})

describe('golden files of a logical type', async () => {
  await using directory = await tempDirectory()
  await mkdir(join(directory.path, 'golden'))
  const before = process.cwd()
  process.chdir(directory.path)
  try {
    // Declares the tests of the kit, which has read the files by then.
    await import('./golden-program.js')
  } finally {
    process.chdir(before)
  }
})
