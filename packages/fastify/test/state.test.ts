import { expect, it } from 'vitest'
import {
  memoryState,
  reloadFastify,
  timersState,
  type FastifyPlugin,
  type MemoryState,
  type TimersState,
} from '@uni/reload-fastify'

type Names = MemoryState<readonly string[], string>

const names = (migrate: (value: unknown) => unknown) =>
  memoryState<readonly string[], string>({
    initial: () => [],
    apply: (all, name) => [...all, name],
    migrate,
  })

const list: FastifyPlugin = async (fastify) => {
  const all = fastify.getDecorator<Names>('names')
  fastify.post<{ Params: { name: string } }>('/:name', async ({ params }) => all.write(params.name))
  fastify.get('/', () => all.read((value) => value))
}

const same = (value: unknown): unknown => value

it('F5: state of a plugin is judged by its next version, which may read it otherwise or be refused', async () => {
  await using app = await reloadFastify({ plugins: [{ plugin: list, state: { names: names(same) } }] })
  await app.inject({ method: 'POST', url: '/Ada' })
  const upper = names((value) => (value as string[]).map((name) => name.toUpperCase()))
  const { report } = await app.reload('list', { plugin: list, state: { names: upper } })
  expect(report.compat).toMatchObject([{ key: 'app' }, { key: 'names', verdict: { level: 'migrate' } }])
  const broken = names(() => {
    throw new Error('not a list')
  })
  await expect(app.reload('list', { plugin: list, state: { names: broken } })).rejects.toThrow('not a list')
  await app.inject({ method: 'POST', url: '/Bob' })
  expect((await app.inject('/')).json()).toEqual(['ADA', 'Bob'])
})

it('F5: a state whose name is taken is refused, and says by whom', async () => {
  await using app = await reloadFastify({ plugins: [list], state: { names: names(same) } })
  const twice = { plugin: list, state: { names: names(same) } }
  await expect(app.reload('list', twice)).rejects.toThrow('state "names" is that of the app, and of plugin "list"')
  const reserved = { plugin: list, state: { register: names(same) } }
  await expect(app.reload('list', reserved)).rejects.toThrow('state "register" of plugin "list" cannot be a decorator')
})

it('F6: a timer fires once, by the version that serves then; what a refused version has set does not fire', async () => {
  const fired: string[] = []
  const reminders = (version: string) =>
    timersState<string>({ fire: ({ payload }) => void fired.push(`${version} ${payload}`) })
  const plugin =
    (sets: readonly string[], fails = false): FastifyPlugin =>
    async (fastify) => {
      const timers = fastify.getDecorator<TimersState<string>>('reminders')
      for (const id of sets) timers.set(id, id, { afterMs: 0 })
      if (fails) throw new Error('no database')
      fastify.get('/later', async () => timers.set('later', 'later', { afterMs: 600_000 }))
      fastify.get('/now', async () => timers.set('later', 'now', { afterMs: 0 }))
    }
  const one = (version: string, sets: readonly string[], fails = false) => ({
    plugin: plugin(sets, fails),
    state: { reminders: reminders(version) },
  })
  await using app = await reloadFastify({ plugins: [{ id: 'mail', ...one('v1', ['first']) }] })
  await expect.poll(() => fired).toEqual(['v1 first'])
  await app.inject('/later')
  await expect(app.reload('mail', one('v2', ['refused'], true))).rejects.toThrow('no database')
  await app.reload('mail', one('v3', ['third']))
  await app.inject('/now')
  await expect.poll(() => fired.toSorted()).toEqual(['v1 first', 'v3 now', 'v3 third'])
})

it('F9: health goes red where a state is stuck', async () => {
  let hangs = true
  const slow = memoryState<number, number>({
    initial: () => 0,
    apply: (value, by) => (hangs ? new Promise<number>(() => {}) : value + by),
    migrate: (value) => value,
  })
  const adds: FastifyPlugin = async (fastify) => {
    const sum = fastify.getDecorator<MemoryState<number, number>>('sum')
    fastify.get('/add', async (_, reply) => sum.write(1).catch(() => reply.code(500).send()))
  }
  await using app = await reloadFastify({
    plugins: [adds],
    state: { sum: slow },
    health: '/health',
    host: { timeouts: { write: 1, finalize: 1 } },
  })
  expect((await app.inject('/health')).statusCode).toBe(200)
  expect((await app.inject('/add')).statusCode).toBe(500)
  const health = await app.inject('/health')
  const stuck = { problem: 'stuck', surface: 'fastify-memory', resource: 'sum' }
  expect([health.statusCode, health.json()]).toEqual([503, { status: 'failing', problems: [stuck] }])
  hangs = false
})
