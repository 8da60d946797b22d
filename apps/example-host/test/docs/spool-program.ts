import { indexHandoff } from '@uni/reload-index'
import { fox } from './search-plugins.js'

const queries = [fox]

import { fileSpool } from '@uni/reload-index/node'

const strategy = indexHandoff({ spool: fileSpool('/var/tmp/my-host'), canary: { queries } })

export { strategy }
