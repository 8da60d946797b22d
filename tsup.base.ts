import { defineConfig, type Options } from 'tsup'

/**
 * The build every package shares: ESM, one declaration file per entry, `using` written down to what Node 20 runs. With
 * `--no-dts` the declarations stay as they are.
 */
export function library(entry: Record<string, string>, options: Options = {}): ReturnType<typeof defineConfig> {
  return defineConfig((flags) => ({
    entry,
    format: 'esm',
    target: 'node20',
    // Deno wants the `node:` prefix.
    removeNodeProtocol: false,
    dts: true,
    clean: flags.dts === false ? ['!**/*.d.ts'] : true,
    // No package has an import that is made for what it does.
    treeshake: { moduleSideEffects: false },
    splitting: true,
    sourcemap: true,
    ...options,
  }))
}
