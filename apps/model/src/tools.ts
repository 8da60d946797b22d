import { run } from './run.js'

/** What has to be there, and which package of Debian and Ubuntu has it. */
const TOOLS = { spin: 'spin', cc: 'gcc' }

/** Says how to install what is missing, and ends the process. */
export async function refuseWithoutTools(): Promise<void> {
  const missing: string[] = []
  for (const [tool, packageName] of Object.entries(TOOLS)) {
    const found = await run(tool, [tool === 'spin' ? '-V' : '--version']).then(
      ({ code }) => code === 0,
      () => false,
    )
    if (!found) missing.push(packageName)
  }
  if (missing.length === 0) return
  process.stderr.write(`
============================================================
  The models were NOT checked: ${missing.join(' and ')} cannot be found.

  Debian, Ubuntu:  apt-get install -y ${missing.join(' ')}
  macOS:           brew install ${missing.join(' ')}
  else:            https://spinroot.com/spin/Man/README.html
============================================================
`)
  process.exit(1)
}
