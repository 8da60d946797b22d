/**
 * Checks what was given at `path`, such as `PluginHost options.drain.deadlineMs`, and gives what is to be used in its
 * place.
 *
 * @param owner what it is a member of: a function is called on it.
 * @throws TypeError or RangeError that names the path, what is expected and what was given.
 */
export type OptionCheck<V> = (value: unknown, path: string, owner: object) => V
export type RequiredCheck<V> = OptionCheck<V> & { readonly required: true }

/** A check for each member of `T`, so that none is forgotten. */
export type OptionChecks<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K>
    ? OptionCheck<Exclude<T[K], undefined>>
    : RequiredCheck<T[K]>
}

/**
 * The options that were given, each read once and checked; what is `undefined` counts as not given.
 *
 * @throws TypeError for a name that is no option, and whatever a check throws.
 */
export function checkOptions<T extends object>(
  given: T | undefined,
  path: string,
  checks: OptionChecks<T>,
): Readonly<T> {
  const options = readMembers(given === undefined ? ({} as T) : given, path, checks)
  if (given !== undefined && isPlain(given)) {
    for (const name of Object.keys(given)) if (!Object.hasOwn(checks, name)) throw unknownOption(name, path, checks)
  }
  return options
}

function unknownOption(name: string, path: string, checks: object): TypeError {
  return new TypeError(`${path}: expected ${Object.keys(checks).join(', ')}, and got the unknown ${show(name)}`)
}

/**
 * The members of a contract, such as a strategy: each read once and checked. It may have others, which are its own
 * affair.
 */
export function readMembers<T extends object>(given: T, path: string, checks: OptionChecks<T>): Readonly<T> {
  if (!isObject(given)) throw unexpected('an object', given, path)
  const read: Record<string, unknown> = {}
  for (const name of Object.keys(checks)) {
    const check: OptionCheck<unknown> & { readonly required?: true } = checks[name as keyof T]
    const value: unknown = given[name as keyof T]
    if (value !== undefined || check.required === true) read[name] = check(value, `${path}.${name}`, given)
  }
  return Object.freeze(read) as T
}

/** The checks that options are made of. Where the type says more than can be looked at, the check's own is `never`. */
export const option = {
  required: <V>(check: OptionCheck<V>): RequiredCheck<V> =>
    Object.assign((...given: Parameters<OptionCheck<V>>): V => check(...given), { required: true } as const),
  from: numberFrom,
  /** A number above 0, `Infinity` among them. */
  positive: numberThat('a number above 0', (value) => value > 0),
  /** A whole number from `least` on, `Infinity` among them. */
  count: (least: number): OptionCheck<number> =>
    numberThat(
      `a whole number, ${least} or more`,
      (value) => value >= least && (Number.isInteger(value) || value === Infinity),
    ),
  /** A whole number from `least` on. */
  integer: (least: number): OptionCheck<number> =>
    numberThat(`a finite whole number, ${least} or more`, (value) => value >= least && Number.isInteger(value)),
  numberThat,
  oneOf: <const V extends string>(...values: readonly V[]): OptionCheck<V> =>
    that(values.map((value) => `'${value}'`).join(' or '), (value) => values.includes(value as V)),
  flag: that<boolean>('true or false', (value) => typeof value === 'boolean'),
  string: that<string>('a string', (value) => typeof value === 'string'),
  text: that<string>('a non-empty string', (value) => typeof value === 'string' && value !== ''),
  bigint:
    (least?: bigint): OptionCheck<bigint> =>
    (value, path) => {
      if (typeof value === 'bigint' && (least === undefined || value >= least)) return value
      throw unexpected(least === undefined ? 'a bigint' : `a bigint, ${least} or more`, value, path, 'bigint')
    },
  /** Anything but nothing. */
  given: that<never>('a value', (value) => value !== undefined && value !== null),
  function: ((value, path, owner) => {
    if (typeof value !== 'function') throw unexpected('a function', value, path)
    return value.bind(owner) as never
  }) satisfies OptionCheck<never>,
  signal: that<AbortSignal>(
    'an AbortSignal',
    (value) => isObject(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function',
  ),
  /** An object with these methods, which is used as it is. */
  with: (...methods: readonly string[]): OptionCheck<never> =>
    that(
      `an object with ${methods.join(', ')}`,
      (value) => isObject(value) && methods.every((method) => typeof value[method] === 'function'),
    ),
  object:
    <T extends object>(checks: OptionChecks<T>): OptionCheck<T> =>
    (value, path) =>
      checkOptions(value as T, path, checks),
  members:
    <T extends object>(checks: OptionChecks<T>): OptionCheck<T> =>
    (value, path) =>
      readMembers(value as T, path, checks),
  list:
    <V>(check: OptionCheck<V>): OptionCheck<readonly V[]> =>
    (value, path) => {
      if (!Array.isArray(value)) throw unexpected('an array', value, path)
      return Object.freeze(Array.from<unknown, V>(value, (item, at) => check(item, `${path}[${at}]`, value)))
    },
  /** A value under each name, whatever the names are. */
  record:
    <V>(check: OptionCheck<V>): OptionCheck<Readonly<Record<string, V>>> =>
    (value, path) => {
      if (!isObject(value)) throw unexpected('an object', value, path)
      return Object.freeze(
        Object.fromEntries(Object.entries(value).map(([name, item]) => [name, check(item, `${path}.${name}`, value)])),
      )
    },
}

/** What is thrown for a value of the wrong sort: a RangeError where it is a number, or a bigint where one is due. */
export function unexpected(
  expected: string,
  value: unknown,
  path: string,
  sort: 'number' | 'bigint' = 'number',
): TypeError | RangeError {
  const message = `${path}: expected ${expected}, and got ${show(value)}`
  return typeof value === sort ? new RangeError(message) : new TypeError(message)
}

/** A number from `least` on, `Infinity` among them: milliseconds, mostly. */
export function numberFrom(least: number): OptionCheck<number> {
  return numberThat(`a number, ${least} or more`, (value) => value >= least)
}

// Marked, so that bundlers leave `option` out where nobody uses it.
/* @__NO_SIDE_EFFECTS__ */
export function that<V>(expected: string, holds: (value: unknown) => boolean): OptionCheck<V> {
  return (value, path) => {
    if (!holds(value)) throw unexpected(expected, value, path)
    return value as V
  }
}

/* @__NO_SIDE_EFFECTS__ */
function numberThat(expected: string, holds: (value: number) => boolean): OptionCheck<number> {
  return that(expected, (value) => typeof value === 'number' && holds(value))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether all of its own members were meant as options. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A value, as messages quote it. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value)
  }
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}
