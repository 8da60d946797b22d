import satisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'
import type { VersionRanges } from '../host/plugin/version-ranges.js'

/**
 * The ranges of npm, such as `^2.1.0` or `1.x || >=2.5.0`. A prerelease is in each range that it lies between the
 * bounds of.
 */
export const npmRanges: VersionRanges = {
  isRange: (range) => validRange(range) !== null,
  satisfies: (version, range) => satisfies(version, range, { includePrerelease: true }),
}

/** Whether a version is one of https://semver.org. */
export { isSemanticVersion } from '../host/plugin/version-ranges.js'
