import type { KitOptions } from '@uni/reload-core/testing'
import type { DataType } from 'apache-arrow'
import type { LogicalTypeProvider } from '../contract.js'
import type { GoldenFile } from './golden-file.js'

/** An earlier version of a provider whose code is still there. */
export interface EarlierVersion {
  readonly version: string
  make(): LogicalTypeProvider
  /** The verdict that a reload from it has to get. Default `compatible`. */
  readonly level?: 'compatible' | 'migrate' | undefined
  /** Whether it also reads what the present version writes. */
  readonly wayBack?: boolean | undefined
}

/** What a provider claims beyond the rules for all. Each claim is a section of the suite. */
export interface LogicalTypeCapabilities {
  /** Whether the result of `toDisplay` is a literal of the same value. */
  readonly displayIsLiteral?: boolean | undefined
  /** Texts that are no literals of the type, which `fromLiteral` has to refuse. */
  readonly refuses?: readonly string[] | undefined
  /** Arrow types that `castTo` converts columns into. */
  readonly castsTo?: readonly DataType[] | undefined
  /** Earlier versions from which a reload upgrades. */
  readonly upgradesFrom?: readonly EarlierVersion[] | undefined
}

export interface LogicalTypeConformance extends KitOptions {
  /** Makes a provider of the present version. Called often; two of them must not depend on each other. */
  make(): LogicalTypeProvider
  readonly capabilities?: LogicalTypeCapabilities | undefined
  /** Columns that earlier versions wrote with `writeLogicalTypeGolden`. The present version has to read each. */
  readonly golden?: readonly GoldenFile[] | undefined
  /** The seed of bad input, which a failure names. Default 1. */
  readonly seed?: number | undefined
}
