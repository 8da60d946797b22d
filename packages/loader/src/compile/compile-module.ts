import Module from 'node:module'
import { withoutCompilationCache } from './compilation-cache.js'

/** The member by which Node compiles a module of CommonJS that it has read. */
interface Compiling {
  readonly exports: unknown
  _compile(code: string, filename: string, format: 'commonjs'): void
}

/**
 * What CommonJS code exports. The module is in no cache and has no parent, so nothing but what it exports refers to it;
 * and it is compiled from this very text, whatever is in a file.
 *
 * @param filename absolute. Imports are as in that file, which need not exist, and source maps are told apart by it.
 */
export function compileModule(code: string, filename: string): unknown {
  const module = new Module(filename) as unknown as Compiling
  withoutCompilationCache(() => module._compile(code, filename, 'commonjs'))
  return module.exports
}
