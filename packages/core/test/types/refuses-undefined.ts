/**
 * The optional members of `T` that may be absent and may not be `undefined`: those that a user has to spread around, as
 * users compile with `exactOptionalPropertyTypes`. `never` where there are none.
 */
export type RefusesUndefined<T> = {
  [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K>
    ? { [P in K]: undefined } extends Pick<T, K>
      ? never
      : K
    : never
}[keyof T]
