import { expect, it } from 'vitest'

it('W1 the lines of the README serve the page, under a policy', async () => {
  const { admin } = await import('./fixtures/readme-admin.js')
  const page = await admin.handle(new Request('http://localhost/'))
  expect(await page.text()).toContain('<title>uni-reload</title>')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
})
