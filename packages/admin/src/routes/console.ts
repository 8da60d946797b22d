import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ConsoleAsset } from '../admin-options.js'
import type { AdminEnv } from '../context.js'

/** The page loads from its own origin alone, and no other page may hold it in a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The console: files without a secret, which are open to all. What it shows it asks for, with the token. */
export function consoleRoutes(
  app: OpenAPIHono<AdminEnv>,
  basePath: string,
  assets: ReadonlyMap<string, ConsoleAsset>,
): void {
  const folder = basePath.replace(/\/$/, '')
  // Its paths are relative to the folder.
  if (folder !== '') app.get(folder, (c) => c.redirect(`${folder}/`))
  for (const [path, { type, body }] of assets) {
    app.get(`${folder}/${path}`, (c) =>
      c.body(body, 200, {
        'content-type': type,
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      }),
    )
  }
}
