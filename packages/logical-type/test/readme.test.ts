import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the README shows what runs, and it does what the README says', async () => {
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('readme-example.ts')}\`\`\``)
  const said = vi.spyOn(console, 'log').mockReturnValue()
  try {
    await import('./readme-example.js')
    expect(said.mock.calls).toEqual([[expect.stringMatching(/^SCHEMA_INCOMPAT .*: "EUR" → "USD"\. The old version goes on serving\./)], ['12.50']])
  } finally {
    said.mockRestore()
  }
})

test('the README proves its provider with what node:test runs', () => {
  expect(read('../README.md')).toContain(`\`\`\`js\n${read('node-test/conformance.mjs')}\`\`\``)
})
