import {
  ASYNC_DISPOSE,
  checkOptions,
  option,
  PluginHost,
  type MaybePromise,
  type OptionChecks,
  type Registrar,
} from '@uni/reload-core'
import {
  declareConformance,
  KIT,
  type ConformanceCase,
  type Expectation,
  type KitOptions,
} from '@uni/reload-core/testing'
import { dequal } from 'dequal'
import type { ConnectionsProvider } from '../connections/contract.js'
import { openHub, type Hub } from '../connections/hub.js'
import { connectionsHandoff } from '../connections/strategy.js'
import { connections } from '../connections/surface.js'

/** A connection for tests. */
export interface ConnectionFixture<C> {
  readonly connection: C
  /** What was sent to it so far, in order, as values that can be compared. */
  received(): MaybePromise<readonly unknown[]>
  /** Whether it is open. */
  isOpen(): boolean
}

export interface ConnectionsConformance<C, M> extends KitOptions {
  /** Makes a new provider. */
  make(): ConnectionsProvider<C, M>
  /** Makes a new connection of the host. */
  connect(): MaybePromise<ConnectionFixture<C>>
  /** Messages that clients send, and that are broadcast. At least one. */
  readonly messages: readonly M[]
}

const optionsOf = <C, M>(): OptionChecks<ConnectionsConformance<C, M>> => ({
  ...KIT,
  make: option.required(option.function),
  connect: option.required(option.function),
  messages: option.required(option.list(option.given)),
})

/** Declares a test for each rule that a provider of connections has to keep. */
export function runConnectionsConformance<C, M>(given: ConnectionsConformance<C, M>): void {
  const path = 'runConnectionsConformance options'
  const options = checkOptions(given, path, optionsOf<C, M>())
  const { test, knownGaps, deadlineMs } = options
  declareConformance(test, connectionsCases(options), {
    kit: 'runConnectionsConformance',
    knownGaps,
    deadlineMs,
  })
}

function connectionsCases<C, M>({
  make,
  connect,
  messages,
}: Omit<ConnectionsConformance<C, M>, keyof KitOptions>): ConformanceCase[] {
  const surface = connections<C, M>('connections')
  const serve = async (): Promise<{
    host: PluginHost
    hub: Hub<C, M>
    errors: unknown[]
    reload(): Promise<unknown>
  }> => {
    const host = new PluginHost({ strategies: [connectionsHandoff(surface)] })
    const plugin = (version: number) => ({
      manifest: { id: 'connections', version: `${version}.0.0` },
      register: (registrar: Registrar) => void registrar.provide(surface, make()),
    })
    const handle = await host.add(plugin(1))
    const errors: unknown[] = []
    const { name } = make()
    const hub = await openHub(host, surface, { name, key: name, onError: (error) => errors.push(error) })
    return { host, hub, errors, reload: () => host.reload(handle, plugin(2)) }
  }
  return [
    {
      key: 'broadcast/all',
      rule: 'N1',
      title: 'a broadcast reaches each connection, which gets it as the others do',
      async run(expect: Expectation, after) {
        const { host, hub, errors } = await serve()
        after(() => host[ASYNC_DISPOSE]())
        const [one, other] = [await connect(), await connect()]
        await Promise.all([hub.add(one.connection), hub.add(other.connection)])
        const before = [await one.received(), await other.received()].map(({ length }) => length)
        for (const message of messages) await expect.works('a broadcast', () => hub.broadcast(message))
        const [first, second] = [(await one.received()).slice(before[0]), (await other.received()).slice(before[1])]
        expect.that(first.length >= messages.length, `${messages.length} broadcasts, and ${first.length} were received`)
        expect.that(dequal(first, second), 'two connections got different broadcasts')
        if (errors.length > 0) expect.fail(`the provider threw: ${String(errors[0])}`, errors[0])
      },
    },
    {
      key: 'messages/seen-to',
      rule: 'N2',
      title: 'each message is seen to, without an error',
      async run(expect: Expectation, after) {
        const { host, hub, errors } = await serve()
        after(() => host[ASYNC_DISPOSE]())
        const { connection } = await connect()
        await hub.add(connection)
        for (const message of messages)
          await expect.works('provider.received()', () => hub.receive(connection, message))
        await hub.remove(connection)
        if (errors.length > 0) expect.fail(`the provider threw: ${String(errors[0])}`, errors[0])
      },
    },
    {
      key: 'reload/open',
      rule: 'N1, I4',
      title: 'a reload closes no connection, and broadcasts around it reach each once',
      needs: ['broadcast/all'],
      async run(expect: Expectation, after) {
        const { host, hub, reload } = await serve()
        after(() => host[ASYNC_DISPOSE]())
        const [one, other] = [await connect(), await connect()]
        await Promise.all([hub.add(one.connection), hub.add(other.connection)])
        const before = [await one.received(), await other.received()].map(({ length }) => length)
        const reloading = reload()
        for (const message of messages) await hub.broadcast(message)
        await expect.works('the reload', () => reloading)
        for (const message of messages) await hub.broadcast(message)
        expect.that(one.isOpen() && other.isOpen(), 'a connection was closed')
        const [first, second] = [(await one.received()).slice(before[0]), (await other.received()).slice(before[1])]
        expect.that(dequal(first, second), 'two connections got different broadcasts')
        const half = first.length / 2
        expect.that(dequal(first.slice(0, half), first.slice(half)), 'broadcasts during and after the reload differ')
      },
    },
  ]
}
