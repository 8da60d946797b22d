import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    main: 'src/main.ts',
    ask: 'src/ask.ts',
    'crowd/restarted': 'src/crowd/restarted.ts',
    'serve/uni-reload': 'src/serve/uni-reload.ts',
    'serve/restartable': 'src/serve/restartable.ts',
    'serve/restarted': 'src/serve/restarted.ts',
    'fastify/uni-reload': 'src/fastify/uni-reload.ts',
    'fastify/restartable': 'src/fastify/restartable.ts',
    'fastify/restarted': 'src/fastify/restarted.ts',
    'editing/server': 'src/editing/server.ts',
    'editing/clients': 'src/editing/clients.ts',
    'load/uni-reload/app': 'src/load/uni-reload/app.ts',
    'load/stored/app': 'src/load/stored/app.ts',
    'load/esbuild/app': 'src/load/esbuild/app.ts',
    'load/jiti/app': 'src/load/jiti/app.ts',
    'load/vite/app': 'src/load/vite/app.ts',
    'load/import-query/app': 'src/load/import-query/app.ts',
    'load/dynohot/app': 'src/load/dynohot/app.ts',
    'load/dynohot/register': 'src/load/dynohot/register.ts',
    'load/hot-hook/app': 'src/load/hot-hook/app.ts',
    'load/hot-hook/boundary': 'src/load/hot-hook/boundary.ts',
  },
  format: 'esm',
  target: 'node20',
  clean: true,
  sourcemap: true,
  // What is measured is what users install: the built packages.
  skipNodeModulesBundle: true,
  // It is written when it is measured.
  external: [/\/plugin\.js$/],
})
