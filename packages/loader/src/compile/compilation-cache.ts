import { setFlagsFromString } from 'node:v8'

/**
 * Compiles with V8's compilation cache switched off. From V8 12 (Node 22) on, the cache keeps what it has compiled
 * until memory is short, which for code that is replaced is each version.
 */
export function withoutCompilationCache<T>(compile: () => T): T {
  setFlagsFromString('--no-compilation-cache')
  try {
    return compile()
  } finally {
    setFlagsFromString('--compilation-cache')
  }
}
