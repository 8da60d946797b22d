import { expect, it } from 'vitest'

it('the example of the README runs as it is printed', async () => {
  const { host, text } = await import('./fixtures/readme-host.js')
  expect(text).toContain('uni_reload_retired_versions 0')
  await host.close()
})
