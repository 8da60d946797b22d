import type { KitOptions } from '@uni/reload-core/testing'
import type { DataType } from 'apache-arrow'
import type { LogicalTypeProvider } from '../contract.js'
import type { GoldenFile } from './golden-file.js'

/** An earlier version of a provider whose code is still at hand. */
export interface EarlierVersion {
  readonly version: string
  make(): LogicalTypeProvider
  /** What a reload from it has to be judged as. Default `compatible`. */
  readonly level?: 'compatible' | 'migrate' | undefined
  /** Whether it also reads what the present version writes, so that there is a way back. */
  readonly wayBack?: boolean | undefined
}

/** What a provider claims beyond what every one must do. Each claim is a section of the suite. */
export interface LogicalTypeCapabilities {
  /** What `toDisplay` gives is itself a literal of the same value. */
  readonly displayIsLiteral?: boolean | undefined
  /** Literals that are none of the type, which `fromLiteral` must refuse. */
  readonly refuses?: readonly string[] | undefined
  /** Arrow types that `castTo` converts columns into. */
  readonly castsTo?: readonly DataType[] | undefined
  /** Earlier versions whose plugins are upgraded by a reload. */
  readonly upgradesFrom?: readonly EarlierVersion[] | undefined
}

export interface LogicalTypeConformance extends KitOptions {
  /** A new provider of the present version. Called often; two must not depend on each other. */
  make(): LogicalTypeProvider
  readonly capabilities?: LogicalTypeCapabilities | undefined
  /** Columns that earlier versions wrote with `writeLogicalTypeGolden`. The present version has to read each. */
  readonly golden?: readonly GoldenFile[] | undefined
  /** What the bad input is drawn from; in the message of what it finds. Default 1. */
  readonly seed?: number | undefined
}
