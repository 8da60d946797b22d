import type { Reporter, TestModule } from 'vitest/node'

/** Prints, last of all, which tests were not run and why, where they say so: by `context.skip(condition, reason)`. */
export class NotRunReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const byReason = new Map<string, Map<string, number>>()
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const result = test.result()
        if (result.state !== 'skipped' || result.note === undefined) continue
        const files = byReason.get(result.note) ?? new Map<string, number>()
        byReason.set(result.note, files)
        files.set(module.relativeModuleId, (files.get(module.relativeModuleId) ?? 0) + 1)
      }
    }
    for (const [reason, files] of byReason) process.stdout.write(`\n${printed(reason, files)}\n`)
  }
}

function printed(reason: string, files: ReadonlyMap<string, number>): string {
  return [`NOT RUN: ${reason}`, ...Array.from(files, ([file, tests]) => `${String(tests).padStart(8)}  ${file}`)].join(
    '\n',
  )
}
