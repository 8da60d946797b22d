import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { sameBytes } from '../src/column.js'
import { writeLogicalTypeGolden } from '../src/testing/index.js'
import { KEPT } from '../test/types/all.js'

/** Writes the columns of the present versions into `test/golden`. Run it in the package's folder. */
const folder = resolve('test/golden')
let changed = 0
for (const { version, make } of KEPT) {
  for (const { name, bytes } of writeLogicalTypeGolden(make(), { version })) {
    const file = resolve(folder, name)
    if (!existsSync(file)) {
      writeFileSync(file, bytes)
      console.log(`wrote ${name}, ${bytes.length} bytes`)
    } else if (!sameBytes(readFileSync(file), bytes)) {
      changed += 1
      console.error(
        `${name} is kept with other bytes: what is stored changed. Give the type a new version in test/types/all.ts`,
      )
    }
  }
}
if (changed > 0) process.exitCode = 1
