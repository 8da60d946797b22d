import type { RecordBatch } from 'apache-arrow'
import { rows, searchV1, searchV2 } from './search-plugins.js'

import { PluginHost } from '@uni/reload-core'
import { buildIndex, indexHandoff, indexKind } from '@uni/reload-index'

const host = new PluginHost({ strategies: [indexHandoff()] })
const search = await host.add(searchV1)                            // provides the index kind 'fulltext'
const articles = await host.attach(indexKind, { name: 'articles', key: 'fulltext', open: (kind) => buildIndex(kind, rows) })

// A query sees all old or all new, never a mix. A change that was acknowledged is never lost.
const query = (text: RecordBatch) => host.run((lease) => lease.resource(indexKind, 'articles').probe(text, 10))
const change = (rows: RecordBatch) => articles.write(rows)

const { report, finalized } = await host.reload(search, searchV2)  // readers and writers go on meanwhile
console.log(report.pauseMs, report.bytes, (await finalized).status)

export { change, query }
