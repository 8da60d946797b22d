import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { processVitals } from '@uni/reload-admin/node'
import { consoleAssets } from '@uni/reload-console'
import type { PluginHandle } from '@uni/reload-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { counting, served, TOKEN, type Served } from '../../admin/test/fixtures/served.js'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** A machine of a stranger may have none. Continuous integration installs it, and fails without it. */
const isMissing = !existsSync(CHROMIUM) && process.env['CI'] === undefined

describe('the console, in Chromium', () => {
  let browser: Browser | undefined
  beforeEach((context) => {
    context.skip(isMissing, `there is no Chromium at ${CHROMIUM}: install it, or name another path as CHROMIUM`)
  })
  beforeAll(async () => {
    if (isMissing) return
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    })
  })
  afterAll(async () => {
    await browser?.close()
  })

  const newPage = (): Promise<Page> => (browser as Browser).newPage()

  async function opened(basePath = '/'): Promise<Served & { page: Page; strays: string[] }> {
    const made = await served({ console: consoleAssets, vitals: processVitals(), basePath })
    const page = await newPage()
    const strays: string[] = []
    const origin = `http://127.0.0.1:${made.port}`
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) strays.push(request.url())
    })
    page.on('console', (message) => {
      if (message.type() === 'error') strays.push(message.text())
    })
    await page.goto(`${origin}${basePath}`)
    await page.getByLabel('Token of the host').fill(TOKEN)
    await page.getByRole('button', { name: 'Look' }).click()
    await page
      .getByRole('row', { name: /counting/ })
      .first()
      .waitFor()
    return { ...made, page, strays }
  }

  const reload = async (page: Page, path: string, button: string): Promise<void> => {
    await page.getByRole('button', { name: 'Reload counting' }).click()
    await page.getByLabel(/^Path/).fill(path)
    await page.getByRole('button', { name: button, exact: true }).click()
  }

  it('W1 W2 reloads a good version, takes it back, and loads from nowhere else', async () => {
    const { host, page, strays } = await opened()
    await reload(page, '2.0.0', 'Reload')
    await page.getByText('counting@2.0.0 serves').first().waitFor()
    await page.getByRole('cell', { name: '2.0.0', exact: true }).waitFor()
    expect(await page.getByRole('img', { name: /counting@2\.0\.0 serves: validate/ }).count()).toBe(1)
    await page.getByRole('button', { name: 'Take counting back' }).click()
    await page.getByText('counting was taken back').first().waitFor()
    await page.getByRole('cell', { name: '1.0.0', exact: true }).waitFor()
    expect(host.plugins().filter(({ state }) => state !== 'retired')).toMatchObject([{ version: '1.0.0' }])
    expect(strays).toEqual([])
  })

  it('W2 is refused a bad version, says why, and nothing was changed', async () => {
    const { host, page } = await opened()
    await reload(page, '2.0.0!', 'Reload')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Refused: nothing was changed.').waitFor()
    expect(await dialog.textContent()).toContain('not a counter')
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
  })

  it('W2 tries a version first, and shows its verdicts', async () => {
    const { host, page } = await opened()
    await reload(page, '2.0.0', 'Try it')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('counting@2.0.0 would serve.').waitFor()
    expect(await dialog.getByRole('listitem').allTextContents()).toEqual([expect.stringContaining('visits "visits"')])
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
  })

  it('W3 shows what others do, as they do it, and which leases hold a version', async () => {
    const { host, page } = await opened()
    const lease = host.capture({ label: 'a long query' })
    await host.reload(host.plugin('counting') as PluginHandle, counting('3.0.0'))
    await page.getByRole('cell', { name: '3.0.0', exact: true }).waitFor()
    await page.getByText(/1 lease, the oldest/).click()
    await page.getByText(/a long query, for/).waitFor()
    await page.getByText('counting@3.0.0 serves').first().waitFor()
    lease[Symbol.dispose]()
    await page.getByText(/1 lease, the oldest/).waitFor({ state: 'detached' })
    expect(await page.getByRole('row', { name: /counting/ }).allTextContents()).toEqual([
      expect.stringContaining('3.0.0'),
      expect.stringContaining('visits'),
    ])
  })

  it('W4 shows how the process does', async () => {
    const { page } = await opened()
    await page.getByText(/heap, MiB: \d/).waitFor()
    expect(await page.getByRole('img', { name: 'heap, MiB over the last minutes' }).count()).toBe(1)
  })

  it.each(['light', 'dark'] as const)(
    'W5 axe finds nothing, in %s colours, in a narrow window too',
    async (colorScheme) => {
      const { page } = await opened()
      await page.emulateMedia({ colorScheme })
      await reload(page, '2.0.0!', 'Reload')
      await page.getByText('Refused: nothing was changed.').first().waitFor()
      await page.setViewportSize({ width: 360, height: 700 })
      await page.evaluate(await readFile(AXE, 'utf8'))
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: unknown[] }[] }> }
        }
        return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes).slice(0, 500)}`)
      })
      expect(found).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    },
  )

  it('W6 asks for the token anew, where it is not known', async () => {
    const made = await served({ console: consoleAssets })
    const page = await newPage()
    await page.goto(`http://127.0.0.1:${made.port}/`)
    await page.getByLabel('Token of the host').fill('wrong')
    await page.getByRole('button', { name: 'Look' }).click()
    await page.getByRole('alert').getByText('Send it as').waitFor()
    expect(await page.evaluate(() => Object.keys(localStorage).length)).toBe(0)
  })

  it('W1 is served below a path', async () => {
    const { page, strays } = await opened('/admin')
    expect(new URL(page.url()).pathname).toBe('/admin/')
    expect(strays).toEqual([])
  })
})
