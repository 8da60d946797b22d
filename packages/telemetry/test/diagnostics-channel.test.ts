import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { ReloadEvent } from '@uni/reload-core'
import { channelObserver, type OperationMessage, type PhaseMessage } from '@uni/reload-telemetry/diagnostics-channel'
import { expect, it, onTestFinished } from 'vitest'
import { counterHost, counting } from './fixtures/counter-host.js'

const STEPS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

function subscribed<M extends object>(name: string) {
  const messages: { readonly step: string; readonly message: M }[] = []
  const traced = tracingChannel<string, M>(name)
  const handlers = Object.fromEntries(
    STEPS.map((step) => [step, (message: M) => void messages.push({ step, message })]),
  ) as unknown as Parameters<typeof traced.subscribe>[0]
  traced.subscribe(handlers)
  onTestFinished(() => {
    traced.unsubscribe(handlers)
  })
  return messages
}

it('T5 an operation is one object on its channels, from its start to its report', async () => {
  const messages = subscribed<OperationMessage>('uni_reload.operation')
  const { handle, host } = await counterHost(channelObserver())
  messages.length = 0
  const { report } = await host.reload(handle, counting('2.0.0'))
  expect(messages.map(({ step }) => step)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
  expect(new Set(messages.map(({ message }) => message)).size).toBe(1)
  expect(messages[0]?.message).toEqual({
    operation: 2,
    kind: 'reload',
    plugins: ['@shop/counting@2.0.0'],
    outcome: 'committed',
    reports: [report],
  })
  await host.close()
})

it('T5 what failed is on the channel for errors, with its error', async () => {
  const operations = subscribed<OperationMessage>('uni_reload.operation')
  const phases = subscribed<PhaseMessage>('uni_reload.phase')
  const { handle, host } = await counterHost(channelObserver())
  operations.length = phases.length = 0
  const error: unknown = await host.reload(handle, counting('2.0.0', true)).catch((thrown: unknown) => thrown)
  expect(operations.map(({ step }) => step)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  expect(operations.at(-1)?.message).toMatchObject({ kind: 'reload', error })
  expect(phases.filter(({ step }) => step === 'error').map(({ message }) => message)).toMatchObject([{ error }])
  await host.close()
})

it('T5 each event is on a channel as the observer is given it', async () => {
  const events: unknown[] = []
  const told: ReloadEvent[] = []
  const note = (event: unknown): void => void events.push(event)
  channel('uni_reload.event').subscribe(note)
  onTestFinished(() => void channel('uni_reload.event').unsubscribe(note))
  const observe = channelObserver()
  const { host } = await counterHost((event) => {
    told.push(event)
    observe(event)
  })
  expect(events).toEqual(told)
  expect(events.length).toBeGreaterThan(0)
  await host.close()
})
