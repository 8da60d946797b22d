/** Values that a provider may throw. */
export const THROWN: readonly unknown[] = [
  new Error('no route to host'),
  'a string',
  undefined,
  null,
  42,
  Object.freeze({}),
  Object.create(null),
  new Proxy(
    {},
    {
      has() {
        throw new Error('no')
      },
      get() {
        throw new Error('no')
      },
    },
  ),
  Object.defineProperty({}, 'message', {
    get() {
      throw new Error('even the message throws')
    },
  }),
]
