// The pictures of the README, of the page as it is built: `pnpm --filter @uni/reload-console screenshots`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { Admin } from '@uni/reload-admin'
import { processVitals } from '@uni/reload-admin/node'
import { consoleAssets } from '@uni/reload-console'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { memory, memoryHandoff, openMemory } from '@uni/reload-state'
import { chromium } from 'playwright-core'

const token = 'a-token-of-thirty-two-characters'
const picture = (name: string): string => fileURLToPath(new URL(`../../screenshots/${name}.png`, import.meta.url))
const carts = memory<Map<string, number>, string>('carts')

const shop = (version: string, migrate?: () => never): Plugin => ({
  manifest: { id: 'shop', version },
  register(registrar) {
    registrar.provide(carts, {
      name: 'carts',
      initial: () => new Map(),
      apply: (value, article) => value.set(article, (value.get(article) ?? 0) + 1),
      ...(migrate && { migrate }),
    })
    for (const name of ['berlin', 'lisbon', 'osaka']) {
      registrar.open(carts, { name, key: 'carts', open: openMemory() })
    }
  },
})
const forgetful = (): never => {
  throw new Error('expected a list of articles, and found a map')
}

const admin = new Admin({
  token,
  console: consoleAssets,
  vitals: processVitals(),
  writing: { load: async ({ kind }) => shop('3.0.0', kind === 'path' ? forgetful : undefined), audit: () => {} },
})
const host = new PluginHost({ strategies: [memoryHandoff(carts)], observer: admin.observer })
admin.watch(host)
const server = createServer(getRequestListener(admin.handle)).listen(0, '127.0.0.1')
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})
try {
  const handle = await host.add(shop('1.0.0'))
  const lease = host.capture({ label: 'GET /reports/2026' })
  await host.reload(handle, shop('2.0.0'), { bake: { ms: 600_000 } })
  const page = await browser.newPage({ viewport: { width: 1100, height: 860 } })
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.getByLabel('Token of the host').fill(token)
  await page.getByRole('button', { name: 'Look' }).click()
  await page.getByRole('row', { name: /shop/ }).first().waitFor()
  await page.getByText(/heap, MiB: \d/).waitFor()
  await page.screenshot({ path: picture('host') })
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.getByRole('button', { name: 'Reload shop' }).click()
  await page.getByLabel(/^Path/).fill('shop/3.0.0')
  await page.getByRole('button', { name: 'Try it', exact: true }).click()
  await page.getByRole('dialog').getByText('Refused: nothing was changed.').waitFor()
  await page.screenshot({ path: picture('dry-run') })
  lease[Symbol.dispose]()
  console.log('written to packages/console/screenshots')
} finally {
  await browser.close()
  server.close()
  server.closeAllConnections()
  await host.close()
}
