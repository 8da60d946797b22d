import { Slices } from '@uni/reload-core'
import type { IndexContext } from './contract.js'

/** What an {@link IndexContext} is made of: the index that it is about, and what a reload would say of its step. */
export type IndexContextInit = Pick<IndexContext, 'key' | 'name'> & Partial<IndexContext>

/**
 * What a host calls `persist` and `open` with by itself, outside a reload: to save an index, or to start one. Unless
 * said otherwise nothing ends the call, progress is told nobody, and slices are of the default length.
 */
export function indexContext({
  key,
  name,
  signal = new AbortController().signal,
  slices = () => new Slices(),
  progress = () => {},
}: IndexContextInit): IndexContext {
  return { signal, progress, slices, key, name }
}
