import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const PACKAGES = join(import.meta.dirname, '../../../../packages')

it('no package takes the keys of disposal from Symbol but the one file of core, which does without', async () => {
  const files = await readdir(PACKAGES, { recursive: true })
  const sources = files.filter((file) => /^[^/]+\/src\/.*\.ts$/u.test(file.replaceAll('\\', '/')))
  const found = await Promise.all(
    sources.map(async (file) =>
      /\bSymbol\.(?:dispose|asyncDispose)\]/u.test(await readFile(join(PACKAGES, file), 'utf8')) ? [file] : [],
    ),
  )
  expect(sources.length).toBeGreaterThan(100)
  expect(found.flat()).toEqual([])
})
