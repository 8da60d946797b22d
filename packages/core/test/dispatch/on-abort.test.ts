import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { onAbort } from '../../src/on-abort.js'

const listening = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('those who wait for one abort', () => {
  it('I12 put one listener on the signal, however many they are, and none when the last has left', () => {
    const controller = new AbortController()
    const told: string[] = []
    const [first, second] = ['first', 'second'].map((name) =>
      onAbort(controller.signal, () => {
        told.push(name)
      }),
    )
    expect(listening(controller.signal)).toBe(1)
    first?.()
    expect(listening(controller.signal)).toBe(1)
    second?.()
    expect(listening(controller.signal)).toBe(0)
    controller.abort()
    expect(told).toEqual([])
  })

  it('are each told once; the signal holds nobody after it', () => {
    const controller = new AbortController()
    const told: string[] = []
    const same = (): void => {
      told.push('same')
    }
    onAbort(controller.signal, same)
    onAbort(controller.signal, same)
    controller.abort()
    expect(told).toEqual(['same', 'same'])
    expect(listening(controller.signal)).toBe(0)
  })

  it('may leave twice, which takes nobody else off', () => {
    const controller = new AbortController()
    const told: string[] = []
    const leave = onAbort(controller.signal, () => {
      told.push('gone')
    })
    leave()
    onAbort(controller.signal, () => {
      told.push('second')
    })
    leave()
    onAbort(controller.signal, () => {
      told.push('third')
    })
    expect(listening(controller.signal)).toBe(1)
    controller.abort()
    expect(told).toEqual(['second', 'third'])
  })
})
