import { STORES } from '../fixtures/store.js'
import { noteDuring } from './during.js'
import type { Task } from './task.js'
import { ownerOf } from './model.js'
import { logOf, type ResourceData } from './resource-data.js'
import { observe } from './observe.js'
import { codeOf } from './outcome.js'
import { TIMEOUT_MS } from './timing.js'
import { keyOf, kindOf, nameOf, type ResourceId } from './version-data.js'
import { asWatched, type WatchedStore } from './watched.js'
import type { Attachment, World } from './world.js'
import { leave } from '../fixtures/leave.js'

/** Opens a resource, and puts it into service. */
export function attach(world: World, resource: ResourceId, given: Patience = 'patient'): void {
  const { model, host, live } = world
  model.coming.push(resource)
  const task = begin(world, 'attach', resource)
  if (model.coming.indexOf(resource) < model.coming.length - 1) task.may.add('DUPLICATE')
  let data: ResourceData | undefined
  const attaching = host.attach(STORES[kindOf(resource)], {
    name: nameOf(resource),
    key: keyOf(resource),
    signal: signalOf(world, task, given),
    open: (provider) => asWatched(provider).openFrom(logOf(data)),
  })
  void follow(world, task, attaching, (outcome, attached) => {
    model.coming.splice(model.coming.indexOf(resource), 1)
    if (attached === undefined) return
    data = model.resources.get(resource)
    // It may have been closed as an orphan in the same turn.
    if (data !== undefined) live.set(resource, { resource: attached, data, detaching: false })
    world.must(
      data !== undefined || task.may.has('PROVIDER_NOT_FOUND'),
      () => `I10: ${resource} was attached with ${outcome}, and is not there`,
    )
  })
}

export function detach(world: World, resource: ResourceId): void {
  const { model, live } = world
  const attached = live.get(resource)
  // Detaching twice is detaching once, with one outcome.
  if (attached === undefined || attached.detaching) return
  attached.detaching = true
  if (model.resources.get(resource) === attached.data) model.going.add(attached.data)
  for (const task of model.operations) if (!task.committed) task.broken.delete(resource)
  void follow(world, begin(world, 'detach', resource, attached.data), leave(attached.resource), () => {
    model.going.delete(attached.data)
  })
}

/** I4: what is acknowledged has to stay, and what is refused must not have been made. */
export function write(world: World, resource: ResourceId, given: Patience = 'patient'): void {
  const attached = world.live.get(resource)
  if (attached === undefined) return
  const number = world.next()
  attached.data.issued.push(number)
  const task = begin(world, 'write', resource, attached.data)
  void follow(world, task, logged(attached, number, signalOf(world, task, given)), (outcome) => {
    if (outcome === 'done') attached.data.acknowledged.add(number)
    else if (outcome !== 'STEP_TIMEOUT') attached.data.refused.add(number)
  })
}

/** Whoever writes, writes down what is acknowledged, as soon as it is. */
async function logged({ resource, data }: Attachment, number: number, signal?: AbortSignal): Promise<void> {
  await resource.write(number, { signal })
  data.log.add(number)
}

/**
 * The next delivery to a stream, or again the one that was refused; where its outcome is unknown the stream is asked
 * first.
 */
export function deliver(world: World, resource: ResourceId): void {
  const attached = world.live.get(resource)
  if (attached === undefined || attached.data.delivering) return
  const { data } = attached
  data.delivering = true
  if (data.uncertain) {
    const task = begin(world, 'position', resource, data)
    const asking = attached.resource
      .use((stream) => stream.entries.length)
      .then((position) => {
        for (let at = 0; at < position; at += 1) data.log.add(at)
        return position
      })
    void follow(world, task, asking, (_, position) => {
      data.delivering = false
      if (position === undefined) return
      data.uncertain = false
      for (let at = 0; at < position; at += 1) data.acknowledged.add(at)
    })
    return
  }
  const number = data.acknowledged.size
  data.issued.push(number)
  const task = begin(world, 'deliver', resource, data)
  void follow(world, task, logged(attached, number), (outcome) => {
    data.delivering = false
    data.uncertain = outcome === 'STEP_TIMEOUT'
    if (outcome === 'done') data.acknowledged.add(number)
  })
}

/** A call that is no write: while it is under way, nobody closes what it works with. */
export function use(world: World, resource: ResourceId, given: Patience = 'patient'): void {
  const attached = world.live.get(resource)
  if (attached === undefined) return
  const task = begin(world, 'use', resource, attached.data)
  void follow(
    world,
    task,
    attached.resource.use(
      (store) => {
        const used = store as WatchedStore
        return world.calls.use({ caller: used.owner.data, kind: kindOf(resource) }, async () => {
          await world.calls.pause(`use of ${resource}`)
          world.must(
            used.closeCalls === 0 || task.elapsedMs >= TIMEOUT_MS,
            () => `I7: ${resource} was closed while it was used`,
          )
        })
      },
      { signal: signalOf(world, task, given) },
    ),
    () => {},
  )
}

/** Whether a caller may give up, or has done so from the start. */
export const PATIENCE = ['patient', 'patient', 'impatient', 'impatient', 'gone'] as const
export type Patience = (typeof PATIENCE)[number]

function signalOf(world: World, task: Task, given: Patience): AbortSignal | undefined {
  if (given === 'patient') return undefined
  const abort = new AbortController()
  world.impatient.push({ abort, task })
  if (given === 'gone') giveUp(world, 0)
  return abort.signal
}

/** G13, O17: one of those who came last gives up. What has begun goes on, and ends as it would have. */
export function giveUp({ impatient }: World, which: number): void {
  const { abort, task } = impatient[impatient.length - 1 - which] ?? {}
  task?.may.add('ABORTED')
  abort?.abort(new Error('the caller has thought better of it'))
}

function begin(world: World, kind: string, resource: ResourceId, data?: ResourceData): Task {
  observe(world)
  const owner = ownerOf(world.model, resource)
  const task: Task = {
    kind,
    resource,
    ...(data && { data }),
    ids: new Set(owner && [owner.id]),
    elapsedMs: 0,
    may: new Set(),
  }
  world.model.tasks.add(task)
  noteDuring(world, task)
  observe(world)
  return task
}

async function follow<T>(
  world: World,
  task: Task,
  promise: Promise<T>,
  end: (outcome: string, result: T | undefined) => void,
): Promise<void> {
  const ended = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  )
  observe(world)
  const outcome = 'result' in ended ? 'done' : codeOf(ended.error)
  world.coverage.note(`${task.kind}: ${outcome}`)
  world.must(
    outcome === 'done' || task.may.has(outcome),
    () =>
      `I10: ${task.kind} of ${task.resource} ended with ${outcome}, for which there was no cause; there was for ${[...task.may]}`,
  )
  world.model.tasks.delete(task)
  end(outcome, 'result' in ended ? ended.result : undefined)
}
