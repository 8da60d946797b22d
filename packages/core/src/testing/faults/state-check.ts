import { describeThrown } from '../../errors.js'
import type { Breaches } from './breaches.js'
import { BYSTANDER, POSITIONS } from './circumstances.js'
import type { Stand } from './stand.js'

/** Which version has to serve, and how often it was reloaded. */
export interface Serving {
  readonly version: number
  readonly generation: number
  readonly bystander: number
}

/** Compares everything that can be seen of a host with the record, however the reload has ended. */
export async function checkState<P, R, W>(
  stand: Stand<P, R, W>,
  breaches: Breaches,
  serving: Serving,
  when: string,
): Promise<void> {
  const { host, ids, scene } = stand
  const must = (holds: boolean, invariant: string, what: string): void =>
    breaches.must(holds, invariant, `${when}, ${what}`)
  await writeOnce(stand, must)
  checkPlugins(stand, serving, must)
  using lease = host.capture({ label: 'who checks' })
  for (const position of [...POSITIONS, BYSTANDER]) {
    const version = position === BYSTANDER ? serving.bystander : serving.version
    const failed = await checkServed(stand, lease, position, version, must).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    if (failed) must(false, 'I3', `${position} cannot be used: ${describeThrown(failed.error)}`)
  }
  for (const id of ids)
    must(
      host.plugin(id)?.generation === serving.generation,
      'I3',
      `the handle of ${id} has generation ${host.plugin(id)?.generation}, not ${serving.generation}`,
    )
  for (const call of stand.dropped) {
    must(
      false,
      'I4',
      `apply() of the surface drops the promise of ${call}, so writes are acknowledged before they are ` +
        'accepted: return it',
    )
  }
  for (const found of stand.told.found) must(false, 'I1', `of the strategy's committed(): ${found}`)
  for (const found of scene.breaches?.() ?? []) must(false, 'I4', found)
}

type Must = (holds: boolean, invariant: string, what: string) => void

/** Checks that the next write to each resource is accepted, whatever happened before. It starts a halted resource. */
async function writeOnce<P, R, W>(stand: Stand<P, R, W>, must: Must): Promise<void> {
  for (const ledger of stand.ledgers.values()) {
    const answered = ledger.answered()
    must((await stand.settle(answered)).ended, 'I8', `writes to ${ledger.name} are never answered`)
    const writing = ledger.write()
    const { ended } = await stand.settle(writing)
    const refused = ended ? await writing : 'it is never answered'
    must(refused === undefined, 'I4', `a write to ${ledger.name} is refused: ${describeThrown(refused)}`)
  }
}

function checkPlugins<P, R, W>({ host, ids }: Stand<P, R, W>, { version, bystander }: Serving, must: Must): void {
  const label = (id: string): string => `${id}@${id === BYSTANDER ? bystander : version}.0.0`
  const expected = [...ids, BYSTANDER].map((id) => `${label(id)} active`)
  const found = host.plugins().map(({ id, version, state }) => `${id}@${version} ${state}`)
  must(
    String(found) === String(expected),
    'I12',
    `the host has the plugins ${found.join(', ')}, not ${expected.join(', ')}`,
  )
  for (const { name, state, plugin } of host.resources()) {
    const owner = label(name === BYSTANDER || ids.includes(name) ? name : (ids[0] ?? name))
    must(
      state === 'serving' && plugin === owner,
      'I3',
      `the resource ${name} of ${plugin} is ${state}; expected it to be serving, of ${owner}`,
    )
  }
}

async function checkServed<P, R, W>(
  stand: Stand<P, R, W>,
  lease: ReturnType<Stand<P, R, W>['host']['capture']>,
  position: string,
  version: number,
  must: Must,
): Promise<void> {
  const {
    recorder,
    scene,
    strategy: { surface },
    ledgers,
  } = stand
  const provider = lease.get(surface, position)
  must(
    recorder.originOf(provider)?.version === version,
    'I1',
    `${position} is provided by version ${recorder.originOf(provider)?.version}, not ${version}`,
  )
  if (scene.answer) {
    const answer = await scene.answer(recorder.unwrap(provider))
    must(answer === version, 'I1', `the provider of ${position} answers as version ${answer}, not ${version}`)
  }
  const ledger = ledgers.get(position)
  if (ledger === undefined || scene.resources === undefined) return
  const resource = lease.resource(surface, position)
  const given = recorder.givenAs(resource)
  const maker = given === undefined ? scene.resources.madeOf?.(resource) : resource
  if (maker !== 'host') {
    const origin = recorder.originOf(maker)
    must(
      origin?.version === version,
      'I1',
      `${position} is served by a resource of version ${origin?.version}, not ${version}`,
    )
  }
  must(given === undefined || given.ends === 0, 'I7', `the resource that serves ${position} was closed`)
  const differs = ledger.differs(await scene.resources.entries(recorder.unwrap(resource), position))
  must(differs === undefined, 'I4', `${position}: ${differs}`)
}
