import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeCrdtGolden, type CrdtSubject } from '../src/testing/index.js'
import { entriesSubject } from '../test/fixtures/entries-kind.js'
import { EARLIER, libraries, PRESENT, subjectOf } from '../test/fixtures/libraries/index.js'

/** Writes what the present versions of the fixtures write, into `test/golden`. What is there is never changed. */
const GOLDEN = join(process.cwd(), 'test', 'golden')

async function write(folder: string, subject: CrdtSubject, version: string): Promise<void> {
  await mkdir(join(GOLDEN, folder), { recursive: true })
  for (const { file, bytes } of await writeCrdtGolden(subject, { version })) {
    const path = join(GOLDEN, folder, file)
    const there = await readFile(path).catch(() => undefined)
    if (there === undefined) await writeFile(path, bytes)
    else if (!there.equals(bytes))
      throw new Error(
        `${path} has been written otherwise before. An earlier version's file stays as it is: raise the version.`,
      )
    console.log(`${there === undefined ? 'written' : 'as before'}: ${folder}/${file}, ${bytes.length} bytes`)
  }
}

for (const library of libraries) {
  await write(library.name, subjectOf(library, library.earlier()), EARLIER)
  await write(library.name, subjectOf(library), PRESENT)
}
await write('entries', entriesSubject(), PRESENT)
