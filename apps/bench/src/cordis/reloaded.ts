import type { Shop } from './shop.js'

/** A shop in cordis, and a way to replace it. */
export interface Reloaded {
  shop(): Shop
  reload(): Promise<void>
  end(): Promise<void>
}
