'use strict'
// A host in CommonJS, with plugins of every kind, each replaced once. Prints what it found as JSON.
const { PluginHost } = require('@uni/reload-core')
const { scalarFn, scalarFnHandoff } = require('@uni/reload-core/surfaces')
const { CdcPump, MemoryCheckpointStore, MemoryCommitLog, cdcHandoff, cdcOutput } = require('@uni/reload-cdc')
const { crdtHandoff, crdtKind } = require('@uni/reload-crdt')
const { buildIndex, indexHandoff, indexKind } = require('@uni/reload-index')
const { logicalType, logicalTypeHandoff } = require('@uni/reload-logical-type')
const { Field, Int32, List, Schema, Utf8, tableFromArrays, vectorFromArray } = require('apache-arrow')
const Y = require('yjs')

const batchOf = (texts) => tableFromArrays({ text: texts }).batches[0]
const textsOf = (batch) => batch.toArray().map(({ text }) => text)

function plugins(version, stored) {
  const plugin = (id, surface, provider) => ({
    manifest: { id, version },
    register: (registrar) => registrar.provide(surface, provider),
  })
  return [
    plugin('greeting', scalarFn, { name: 'greet', call: (name) => `${name}, by ${version}` }),
    plugin('search', indexKind, words()),
    plugin('notes', crdtKind, notes()),
    plugin('geometry', logicalType, points()),
    plugin('warehouse', cdcOutput, warehouse(version, stored)),
  ]
}

function words() {
  const handleOf = (texts) => ({
    schema: () => new Schema([new Field('text', new Utf8(), false)]),
    probe: (query, k) =>
      batchOf(texts.filter((text) => textsOf(query).some((word) => text.includes(word))).slice(0, k)),
    apply: (changes) => {
      texts.push(...textsOf(changes))
    },
    persist: () => new TextEncoder().encode(JSON.stringify(texts)),
  })
  return {
    kind: 'words',
    build: (source) => ({ finalize: () => handleOf(textsOf(source)) }),
    open: async (image) => handleOf(JSON.parse(new TextDecoder().decode(await image.bytes()))),
  }
}

function notes() {
  const open = (...updates) => {
    const doc = new Y.Doc()
    for (const update of updates) Y.applyUpdate(doc, update)
    return {
      values: 'isolated',
      apply: (update) => Y.applyUpdate(doc, update),
      merge: (other) => Y.applyUpdate(doc, other.persist()),
      value: () => doc.getText('text').toJSON(),
      persist: () => Y.encodeStateAsUpdate(doc),
      close: () => doc.destroy(),
    }
  }
  return { kind: 'notes', empty: () => open(), fromPersisted: (bytes) => open(bytes) }
}

function points() {
  const arrowType = new List(new Field('item', new Int32(), true))
  return {
    name: 'geo.point',
    arrowType,
    metadata: '',
    fromLiteral: (text) => vectorFromArray([text.split(',').map(Number)], arrowType).get(0),
    toDisplay: (value) => [...value].join(','),
    samples: () => ['1,2', '-3,4'],
  }
}

function warehouse(version, stored) {
  return {
    name: 'warehouse',
    start({ fromLsn = 0n }) {
      let end = fromLsn
      return {
        deliver({ mutations, lsnEnd }) {
          stored.push(...textsOf(mutations).map((text) => `${text}, by ${version}`))
          end = lsnEnd
        },
        checkpoint: () => end,
        shutdown() {},
      }
    },
  }
}

const typed = (text) => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

async function main() {
  const stored = []
  const log = new MemoryCommitLog()
  const host = new PluginHost({
    strategies: [
      scalarFnHandoff(),
      indexHandoff({ canary: { queries: [batchOf(['fox'])] } }),
      crdtHandoff(),
      logicalTypeHandoff(),
      cdcHandoff({ canResume: (lsn) => log.canReadFrom(lsn) }),
    ],
  })
  const handles = await host.addAll(plugins('1.0.0', stored))
  const pump = new CdcPump({ host, log, checkpoints: new MemoryCheckpointStore() })
  await pump.start('texts', 'warehouse')
  const articles = await host.attach(indexKind, {
    name: 'articles',
    key: 'words',
    open: (kind) => buildIndex(kind, batchOf(['a quick fox'])),
  })
  const minutes = await host.attach(crdtKind, { name: 'minutes', key: 'notes', open: (kind) => kind.empty() })

  log.append(batchOf(['first']))
  await minutes.write(typed('Hello'))
  const reloading = host.reloadAll(plugins('2.0.0', stored).map((plugin, at) => ({ handle: handles[at], plugin })))
  await articles.write(batchOf(['another fox']))
  const results = await reloading
  log.append(batchOf(['second']))
  await pump.caughtUp()
  await pump.stop()

  const lease = host.capture()
  const found = await lease.resource(indexKind, 'articles').probe(batchOf(['fox']), 10)
  console.log(
    JSON.stringify({
      verdicts: results.flatMap(({ report }) => report.compat.map(({ surface, verdict }) => [surface, verdict])),
      greeting: lease.get(scalarFn, 'greet').call('Hello'),
      found: textsOf(found),
      note: await minutes.use((state) => state.value()),
      point: lease.get(logicalType, 'geo.point').toDisplay([5, 6]),
      stored,
    }),
  )
  lease[Symbol.dispose]()
  await host[Symbol.asyncDispose]()
}

void main()
