import type { Plugin } from '@uni/reload-core'
import { backgroundJob } from '@uni/reload-core/surfaces'
import { buildIndex, indexKind } from '@uni/reload-index'
import { fulltextV1 } from '../../src/plugins/fulltext/v1.js'
import { providerOf } from '../plugins/support/providers.js'
import { documentOf, rows } from './search-plugins.js'

const fulltext = providerOf(fulltextV1(), indexKind)
const changes = (): ReturnType<typeof documentOf> => documentOf('b', 'the lazy fox')

export const articlesPlugin: Plugin = {
  manifest: { id: 'articles', version: '1.0.0' },
  register(registrar) {
    registrar.provide(indexKind, fulltext)
    const articles = registrar.open(indexKind, { name: 'articles', key: 'fulltext', open: (provider) => buildIndex(provider, rows) })
    registrar.provide(backgroundJob, { name: 'refresh', run: () => articles.write(changes()) })
  },
}
