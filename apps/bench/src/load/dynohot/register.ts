import { register } from 'node:module'

/** dynohot as its own `--import dynohot`, without a line on the terminal for each reload. */
register('dynohot/loader', { parentURL: import.meta.url, data: { silent: true } })
