/**
 * How a host compares versions with the ranges of `dependsOn`: `npmRanges` of `@uni/reload-core/ranges`, or its own.
 */
export interface VersionRanges {
  /** Whether `range` is well formed. */
  isRange(range: string): boolean
  /** Whether `version`, a semantic version, is in `range`. */
  satisfies(version: string, range: string): boolean
}

/** The regular expression that https://semver.org (2.0.0) gives in its FAQ, without its groups. */
const SEMANTIC_VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/

export function isSemanticVersion(text: string): boolean {
  return SEMANTIC_VERSION.test(text)
}
