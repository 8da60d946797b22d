import { Slices } from '@uni/reload-core'
import type { IndexContext } from './contract.js'

/** The index that an {@link IndexContext} is about, and whatever else is not to be as by default. */
export type IndexContextInit = Pick<IndexContext, 'key' | 'name'> & Partial<IndexContext>

/**
 * The context in which a host itself calls `persist` or `open` outside a reload, such as to save an index or to start
 * one. By default the signal never fires, progress goes nowhere, and slices have the default length.
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
