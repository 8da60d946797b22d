import { afterAll, beforeAll } from 'vitest'
import { changes } from './suites/changes.js'
import { kills } from './suites/kills.js'
import { kits } from './suites/kits.js'
import { readme } from './suites/readme.js'
import { reloads } from './suites/reloads.js'
import { servers } from './suites/servers.js'
import { slots } from './suites/slots.js'
import { snapshots } from './suites/snapshot.js'
import { Server } from './support/server.js'

/** One server for all of them, as each takes a second of a core to make and start. */
let server: Server

beforeAll(async () => {
  server = await Server.start()
})
afterAll(() => server[Symbol.asyncDispose]())

readme(
  () => server,
  () => import('./readme/replicate.mjs'),
)
for (const suite of [kits, changes, snapshots, slots, reloads, kills]) suite(() => server)
servers()
