import type { RecordBatch } from 'apache-arrow'
import type { IndexHandle, IndexKindProvider } from './contract.js'
import { assertBuild, assertHandle, assertMethods } from './shape.js'

/**
 * Builds an index and finalizes it, with what each step returns checked. For the `open` of a host's `attach`.
 *
 * @throws TypeError that says what the provider returned instead.
 */
export async function buildIndex<H extends IndexHandle = IndexHandle>(
  provider: IndexKindProvider<H>,
  source: RecordBatch,
  options?: unknown,
): Promise<H> {
  assertMethods(provider, 'the index kind', ['build', 'open'])
  const build: unknown = await provider.build(source, options)
  assertBuild(build)
  const handle: unknown = await build.finalize()
  assertHandle(handle, 'what finalize() resolved with')
  return handle as H
}
