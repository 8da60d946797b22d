import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeIndexGolden } from '@uni/reload-index/testing'
import { KEPT } from '../test/fixtures/kept.js'

/** Writes what the present versions of the fixtures persist into `test/golden`. What is there is never changed. Run it in the package's folder. */
let changed = 0
for (const { kind, version, varies = false, make } of KEPT) {
  for (const { name, bytes } of await writeIndexGolden(await make(), { version })) {
    const path = join('test/golden', kind, name)
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
      console.log(`wrote ${path}, ${bytes.byteLength} bytes`)
    } else if (!readFileSync(path).equals(bytes) && !(varies && name.endsWith('.image'))) {
      changed += 1
      console.error(
        `${path} is kept with other bytes: what is persisted changed. Give it a new version in test/fixtures/kept.ts`,
      )
    }
  }
}
if (changed > 0) process.exitCode = 1
