/** What a server tells whoever started it. */
export type ServerMessage = { readonly port: number } | 'reloaded'

/** Says that queries are answered now, and replaces the index whenever it is asked to. */
export function serving(port: number, reload: () => Promise<void>): void {
  const send = (message: ServerMessage): void => {
    process.send?.(message)
  }
  process.on('message', (message) => {
    if (message === 'reload') void reload().then(() => send('reloaded'))
  })
  send({ port })
}

/** Where to listen: the same port again after a restart. */
export const PORT = Number(process.env['PORT'] ?? 0)
