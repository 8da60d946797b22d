import { Server, type Extension } from '@hocuspocus/server'
import { extensionPlugin, reloadHocuspocus } from '@uni/reload-hocuspocus'
import type { Plugin } from '@uni/reload-core'
import { Disk, editing } from './disk.js'

/** A server in a process of its own: told `reload`, it replaces its extension; told `end`, it says what failed. */
const [, , way, directory = '', port] = process.argv
const disk = new Disk(directory)
let failed = 0
const extension = (): ReturnType<typeof editing> => editing(disk, () => (failed += 1))
const send = (message: unknown): void => void process.send?.(message)

function serverOf(extensions: Extension[]): Server {
  return new Server({ port: Number(port), quiet: true, debounce: 200, maxDebounce: 1_000, extensions })
}

/** @returns how the extension is replaced. */
async function served(): Promise<{ server: Server; reload(): Promise<void> }> {
  if (way !== 'uni-reload') {
    let serving = extension()
    const server = serverOf([serving])
    const swap = async (): Promise<void> => {
      const [old, next] = [serving, extension()]
      const { extensions } = server.hocuspocus.configuration
      extensions.splice(extensions.indexOf(old), 1, next)
      serving = next
      await old.onDestroy({ instance: server.hocuspocus })
    }
    return { server, reload: swap }
  }
  const server = serverOf([])
  let version = 1
  const plugin = (isBad = false): Plugin =>
    extensionPlugin({
      manifest: { id: 'editing', version: `${version}.0.0` },
      extensions: () => [extension()],
      read(document) {
        if (isBad) throw new Error('cannot read it')
        document.getText('text').toString()
      },
    })
  const { host } = await reloadHocuspocus(server, { plugins: [plugin()] })
  return {
    server,
    async reload() {
      version += 1
      await host.reload(host.plugin('editing') as { id: string; generation: number }, plugin())
      const refused = await host
        .reload(host.plugin('editing') as { id: string; generation: number }, plugin(true))
        .then(
          () => false,
          () => true,
        )
      if (!refused) throw new Error('a version was taken that cannot read the documents')
    },
  }
}

const { server, reload } = await served()
await server.listen()
process.on('message', (message) => {
  if (message === 'reload') void reload().then(() => send('reloaded'))
  if (message === 'failed') send({ failed })
})
send({ port: server.address.port })
