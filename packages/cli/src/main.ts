#!/usr/bin/env node
import picocolors from 'picocolors'
import { run } from './run.js'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted.abort()
  })
}
const isTerminal = process.stdout.isTTY === true
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  isTerminal,
  colors: picocolors.createColors(isTerminal && picocolors.isColorSupported),
  signal: interrupted.signal,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
