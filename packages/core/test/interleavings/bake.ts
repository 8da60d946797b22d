import type { BakeOptions, MaybePromise } from '@uni/reload-core'
import { PlannedFailure } from './calls.js'
import { observe } from './observe.js'
import type { Answer, BakeGiven } from './bake-given.js'
import { goOn, type Period } from './period.js'
import { text, type OperationTask } from './task.js'
import { TIMEOUT_MS } from './timing.js'
import type { World } from './world.js'

/** What each bad answer is told as. */
const REASONS: Record<Exclude<Answer, 'yes'>, string> = {
  no: 'healthy said no',
  nonsense: 'healthy said no',
  throw: 'healthy throws',
  reject: 'healthy rejects',
  hang: `no answer within ${TIMEOUT_MS} ms`,
}

export function bakeOptions(
  world: World,
  task: OperationTask,
  { ms, everyMs, answers, prompt }: BakeGiven,
): BakeOptions {
  return { ms, everyMs, ...(answers.length > 0 && { healthy: () => ask(world, task, answers, prompt) }) }
}

/** I8, I10: somebody is asked when it is time to, not before, and one question after another. */
function ask(world: World, task: OperationTask, answers: readonly Answer[], prompt: boolean): MaybePromise<boolean> {
  observe(world)
  const period = world.model.periodAfter.get(task)
  if (period === undefined) throw new Error(`healthy was asked about ${text(task)}, which is not committed`)
  world.must(
    world.closed || (period.told === undefined && period.bad === undefined && !period.good),
    () => `I10: healthy is asked about ${text(task)}, and how it ends is clear`,
  )
  world.must(period.asking === undefined, () => `I10: healthy is asked about ${text(task)} before it has answered`)
  world.must(
    world.model.now >= period.dueAt,
    () => `I10: healthy is asked about ${text(task)} at ${world.model.now}, and it is not due before ${period.dueAt}`,
  )
  const answer = answers[Math.min(period.asked, answers.length - 1)] ?? 'yes'
  const asking = (period.asking = { elapsedMs: 0 })
  period.asked += 1
  world.coverage.note(`healthy: ${answer}`)
  const say = (): boolean => {
    // One that hangs and is woken in time does well.
    if (period.asking === asking) hear(world, period, answer === 'hang' ? 'yes' : answer)
    if (answer === 'throw' || answer === 'reject') throw new PlannedFailure(REASONS[answer])
    return answer === 'nonsense' ? ('yes' as unknown as boolean) : answer === 'yes' || answer === 'hang'
  }
  if (answer === 'throw' || (prompt && answer !== 'hang' && answer !== 'reject')) return say()
  return later(world, task, answer).then(say)
}

async function later({ calls }: World, task: OperationTask, answer: Answer): Promise<void> {
  await calls.pause(`healthy of ${text(task)}`)
  if (answer === 'hang') await calls.hang()
}

function hear({ model, calls }: World, period: Period, answer: Answer): void {
  period.asking = undefined
  if (answer === 'yes') goOn(period, model.now)
  else {
    const { breaks: method } = period.given
    period.bad = REASONS[answer]
    if (method !== undefined) for (const id of period.task.ids) calls.fail({ id, method, kind: undefined }, 'reject')
  }
  if (period.good) model.settling.push(period.task)
}

/** Time has passed, also for whoever is asked. */
export function passPeriods({ model }: World, ms: number): void {
  for (const period of model.periods) {
    const { asking, given, bad, good } = period
    if (asking !== undefined) asking.elapsedMs += ms
    if (asking !== undefined && asking.elapsedMs >= TIMEOUT_MS) {
      period.asking = undefined
      period.bad = REASONS.hang
    }
    if (given.answers.length > 0 || model.now < period.dueAt || bad !== undefined || good) continue
    goOn(period, model.now)
    model.settling.push(period.task)
  }
}
