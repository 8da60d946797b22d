import { PluginHost, type LiveResource, type PluginHandle } from '@uni/reload-core'
import type { Expectation } from '@uni/reload-core/testing'
import { crdtKind, type CrdtKindProvider, type CrdtState } from '../../contract.js'
import { crdtHandoff } from '../../strategy.js'
import type { CrdtCase } from '../case.js'
import { makeEdits } from '../edits.js'
import { plugin } from '../reload-stand.js'
import { sameValue } from '../same-value.js'
import { SMALL, valueNow, type Stand } from '../stand.js'
import type { HostedDocuments } from '../subject.js'

type View = HostedDocuments['view']

interface Hosted {
  readonly host: PluginHost
  readonly handle: PluginHandle
  readonly document: LiveResource<CrdtState, Uint8Array>
  readonly parts: readonly [before: Uint8Array[], during: Uint8Array[], after: Uint8Array[]]
}

/** Documents of a host that stay in place while versions change. */
export const inPlaceSuite: readonly CrdtCase[] = [
  {
    key: 'in-place/edits',
    rule: 'X31',
    title: 'the next version shows the same document, with the edits made before, while it was viewed, and after',
    claim: 'inPlace',
    async run(stand, expect: Expectation) {
      const { host, handle, document, parts } = await hosted(stand, expect, async (serving, next) => {
        const view = await hostedOf(stand, expect).view(serving, next)
        await writeTo(document, parts[1])
        return view
      })
      await using _host = host
      const old = await document.use((state) => state)
      const next = (await stand.settings.make()).provider
      const { report, finalized } = await expect.works('a reload in place', () => reload(host, handle, next))
      const { errors } = await finalized
      expect.that(errors.length === 0, `letting go of the old view failed: ${errors.map(String).join('; ')}`)
      expect.that((await document.use((state) => state)) !== old, 'the old view serves after the commit')
      expect.that(report.bytes === 0 && report.replayedWrites === 0, 'the document was copied')
      await expect.works('an edit after the old view was closed', () => writeTo(document, parts[2]))
      const found = await document.use(valueNow)
      sameValue(expect, found, valueNow(stand.withOps(parts.flat())), 'the document in place, after a reload,')
    },
  },
  {
    key: 'in-place/refused',
    rule: 'X31',
    title: 'where a view cannot be made, the old one goes on, and the document is as it was',
    claim: 'inPlace',
    async run(stand, expect: Expectation) {
      const { host, handle, document, parts } = await hosted(stand, expect, async (serving, next) => {
        await hostedOf(stand, expect).view(serving, next)
        throw new Error('planted')
      })
      await using _host = host
      const old = await document.use((state) => state)
      const next = (await stand.settings.make()).provider
      const refused = await reload(host, handle, next).then(
        () => false,
        () => true,
      )
      expect.that(refused, 'a reload whose view cannot be made succeeds')
      expect.that((await document.use((state) => state)) === old, 'another view serves after the reload has failed')
      await expect.works('an edit after the reload has failed', () => writeTo(document, parts[1]))
      const expected = valueNow(stand.withOps([...parts[0], ...parts[1]]))
      sameValue(expect, await document.use(valueNow), expected, 'the document in place, after a reload that failed,')
    },
  },
]

/** A host with a document of its own that has the first edits. */
async function hosted(stand: Stand, expect: Expectation, inPlace: View): Promise<Hosted> {
  const { provider } = stand
  const ops = makeEdits(stand.subject, { count: SMALL, seed: stand.seed })
  const few = SMALL / 3
  const parts = [ops.slice(0, few), ops.slice(few, 2 * few), ops.slice(2 * few)] as const
  const host = new PluginHost({ strategies: [crdtHandoff({ inPlace, sampleLimit: 0 })] })
  const handle = await host.add(plugin('1.0.0', provider))
  const open = (kind: CrdtKindProvider) => hostedOf(stand, expect).open(kind)
  const document = await host.attach(crdtKind, { name: 'document', key: provider.kind, open })
  await writeTo(document, parts[0])
  return { host, handle, document, parts }
}

function hostedOf({ subject: { inPlace } }: Stand, expect: Expectation): HostedDocuments {
  if (inPlace === undefined) expect.fail('the subject has no inPlace, which the capability inPlace needs')
  return inPlace
}

function reload(host: PluginHost, handle: PluginHandle, next: CrdtKindProvider): ReturnType<PluginHost['reload']> {
  return host.reload(handle, plugin('2.0.0', next))
}

async function writeTo(document: LiveResource<CrdtState, Uint8Array>, ops: readonly Uint8Array[]): Promise<void> {
  await Promise.all(ops.map((op) => document.write(op)))
}
