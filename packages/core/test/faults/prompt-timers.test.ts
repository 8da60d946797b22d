import { expect, it } from 'vitest'
import { PromptTimers } from '../../src/testing/faults/prompt-timers.js'
import { turn } from '../../src/testing/faults/turn.js'

const REAL = { setTimeout, clearTimeout }

it('fires what is due at once in the next turn, in the order in which it was set', async () => {
  using _prompt = new PromptTimers()
  const fired: unknown[] = []
  setTimeout((...args: unknown[]) => fired.push(...args), 0, 'first', 'with arguments')
  setTimeout(() => {
    fired.push('second')
    setTimeout(() => fired.push('a turn later'))
  })
  expect(fired).toEqual([])
  await turn()
  expect(fired).toEqual(['first', 'with arguments', 'second'])
  await turn()
  expect(fired).toEqual(['first', 'with arguments', 'second', 'a turn later'])
})

it('does not fire what was cleared, by itself or by its number', async () => {
  using _prompt = new PromptTimers()
  const fired: string[] = []
  const [one, other] = [setTimeout(() => fired.push('one')), setTimeout(() => fired.push('other'))]
  clearTimeout(one)
  clearTimeout(Number(other))
  await turn()
  expect(fired).toEqual([])
})

it('leaves alone what is due later', async () => {
  using _prompt = new PromptTimers()
  let fired = false
  const timer = setTimeout(() => {
    fired = true
  }, 3_600_000)
  await turn()
  expect(fired).toBe(false)
  expect(timer.hasRef()).toBe(true)
  clearTimeout(timer)
})

it('gives back the timers of the platform, and fires what was due by then', async () => {
  const fired: string[] = []
  {
    using _prompt = new PromptTimers()
    setTimeout(() => fired.push('due'))
  }
  expect({ setTimeout, clearTimeout }).toEqual(REAL)
  await turn()
  expect(fired).toEqual(['due'])
})
