import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { OwnTime } from '../../src/demo/own-time.js'

/** A process to which time passes as it is told. */
function simulated() {
  const clock = new ManualClock()
  const spent = { activeMs: 0, cpuMs: 0 }
  const time = new OwnTime(clock, () => ({ ...spent }))
  const origin = time.now()
  const pass = (ms: number, { active = 0, cpu = 0 } = {}): void => {
    spent.activeMs += active
    spent.cpuMs += cpu
    clock.advance(ms)
  }
  return { time, pass, own: () => time.now() - origin }
}

describe("a process's own time", () => {
  it('goes on while a processor works for it, and while it has nothing to do', () => {
    const { pass, own } = simulated()
    pass(100, { active: 100, cpu: 100 })
    expect(own()).toBe(100)
    pass(100)
    expect(own()).toBe(200)
  })

  it('goes on where several processors work for it, as threads do', () => {
    const { pass, own } = simulated()
    pass(100, { active: 50, cpu: 180 })
    expect(own()).toBe(100)
  })

  it('stands still while it has work to do and waits for a processor', () => {
    const { pass, own } = simulated()
    pass(1_000, { active: 900, cpu: 100 })
    expect(own()).toBe(200)
    pass(60_000, { active: 60_000 })
    expect(own()).toBe(200)
  })

  it('never goes back', () => {
    const { pass, own } = simulated()
    pass(15, { active: 15 })
    expect(own()).toBe(15)
    pass(15, { active: 15 })
    expect(own()).toBe(15)
  })

  it('calls once what is due, when the process has had so long', () => {
    const { time, pass } = simulated()
    let called = 0
    time.after(5_000, () => {
      called += 1
    })
    pass(5_000, { active: 5_000, cpu: 1_000 })
    expect(called).toBe(0)
    pass(3_999)
    expect(called).toBe(0)
    pass(1)
    expect(called).toBe(1)
    pass(60_000)
    expect(called).toBe(1)
  })

  it('calls nobody who has cancelled, also where the process had to wait', () => {
    const { time, pass } = simulated()
    let called = 0
    const cancel = time.after(100, () => {
      called += 1
    })
    pass(100, { active: 100 })
    cancel()
    pass(1_000)
    expect(called).toBe(0)
  })
})
