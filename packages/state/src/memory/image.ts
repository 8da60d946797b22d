import { dequal } from 'dequal'
import type { MemoryProvider } from './contract.js'

/**
 * A copy of `value` that later writes do not change.
 *
 * @throws Error where `structuredClone` would change it: instances of classes lose their class.
 */
export function imageOf<T, W>({ codec, name }: MemoryProvider<T, W>, value: T): unknown {
  if (codec !== undefined) return codec.encode(value)
  const image = cloned(name, value)
  if (dequal(image, value)) return image
  throw new Error(`the value of "${name}" is another one when structuredClone has copied it. ${ADVICE}`)
}

/** The value of `image`, which shares nothing with it. */
export function valueIn<T, W>({ codec, name }: MemoryProvider<T, W>, image: unknown): unknown {
  return codec === undefined ? cloned(name, image) : codec.decode(image)
}

const ADVICE = 'Give the provider a codec, which says how it is copied.'

function cloned<V>(name: string, value: V): V {
  try {
    return structuredClone(value)
  } catch (cause) {
    throw new Error(`structuredClone cannot copy the value of "${name}": ${String(cause)}. ${ADVICE}`, { cause })
  }
}
