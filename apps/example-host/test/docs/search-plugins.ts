import type { Plugin } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import { toBatch } from '../../src/host/document.js'
import { textQuery } from '../../src/host/queries.js'
import { fulltextV1 } from '../../src/plugins/fulltext/v1.js'
import { fulltextV2 } from '../../src/plugins/fulltext/v2.js'

function named(id: string, { manifest, ...plugin }: Plugin): Plugin {
  return { ...plugin, manifest: { ...manifest, id }, register: plugin.register.bind(plugin) }
}

export const searchV1: Plugin = named('search', fulltextV1())
export const searchV2: Plugin = named('search', fulltextV2())

export function documentOf(id: string, details: string): RecordBatch {
  return toBatch([{ id, revision: 1, deleted: false, title: `title of ${id}`, details }])
}

export const rows: RecordBatch = documentOf('a', 'the quick fox')
export const fox: RecordBatch = textQuery('fox')
