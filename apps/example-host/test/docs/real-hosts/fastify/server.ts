import { reloadFastify } from '@uni/reload-fastify'

const app = await reloadFastify({
  plugins: [new URL('routes.ts', import.meta.url)],
  watch: process.env['NODE_ENV'] !== 'production',
  health: '/health',
})
await app.listen({ port: Number(process.env['PORT'] ?? 3000) })

export { app }
