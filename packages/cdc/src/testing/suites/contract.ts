import { attempt } from '@uni/reload-core/testing'
import type { CdcOutputProvider } from '../../contract.js'
import { startStream } from '../../start-stream.js'
import type { Suite } from '../case.js'
import { RESUMES } from '../needs.js'

const METHODS = ['deliver', 'checkpoint', 'shutdown'] as const

export const contractSuite: Suite = () => [
  {
    key: 'contract/name',
    rule: 'P1',
    title: 'names itself, and the same each time',
    run({ expect, fixture }) {
      const [one, other] = [fixture.provider(), fixture.provider()]
      if (typeof one.name !== 'string' || one.name === '') expect.fail('name is a string that is not empty')
      if (one.name !== other.name)
        expect.fail(`the name is a key and stays the same; it was "${one.name}" and is "${other.name}"`)
    },
  },
  {
    key: 'contract/stream',
    rule: 'P1',
    title: 'starts streams with all their methods',
    async run({ expect, fixture, history, stream: name }) {
      const provider: CdcOutputProvider = fixture.provider()
      const stream: unknown = await expect.works('start()', () =>
        provider.start({ stream: name, fromLsn: history.origin, signal: new AbortController().signal }),
      )
      for (const method of METHODS) {
        const found =
          typeof stream === 'object' && stream !== null
            ? (stream as Readonly<Record<string, unknown>>)[method]
            : undefined
        if (typeof found !== 'function') expect.fail(`start() returns an object with a method ${method}`)
      }
      await attempt(() => (stream as { shutdown(): unknown }).shutdown())
    },
  },
  {
    key: 'contract/new-stream',
    rule: 'P1',
    title: 'starts a new stream each time',
    needs: ['contract/stream', 'shutdown/lets-go'],
    async run(bench) {
      const provider = bench.fixture.provider()
      const first = await bench.open({ provider })
      await bench.shutdown(first)
      const second = await bench.open({ provider })
      await bench.shutdown(second)
      if (first === second)
        bench.expect.fail('each start() returns a stream of its own, since the host tells streams apart by it')
    },
  },
  {
    key: 'contract/aborted-start',
    rule: 'P9',
    title: 'leaves nothing behind when a start is aborted',
    needs: RESUMES,
    async run(bench) {
      const { fixture, history, stream } = bench
      history.commit()
      const signal = AbortSignal.abort(new Error('the caller gave up'))
      const outcome = await attempt(() => startStream(fixture.provider(), { stream, fromLsn: history.origin, signal }))
      // The host shuts down a stream of a provider that ignores the signal.
      if ('value' in outcome) await bench.shutdown(outcome.value)
      await bench.finish(history.origin)
    },
  },
]
