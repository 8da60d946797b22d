/** Names the calls of a cell while they are pending. */
export interface CallNames {
  call<T>(what: string, run: () => T): T
}
