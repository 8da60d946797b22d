// A life that ends while it opens its journal. It reads none of the modules that a whole life needs.
import { join } from 'node:path'
import { FileJournal } from '@uni/reload-core/node'
import { dieAtTheMove } from './death.js'

dieAtTheMove()
await FileJournal.open(join(process.argv[2] as string, 'plugins.journal'))
