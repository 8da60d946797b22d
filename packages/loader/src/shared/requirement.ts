/** A range of versions that somebody asks a shared package to be in. */
export interface Requirement {
  /** Name of the package, such as `yjs`. */
  readonly package: string
  /** A range of npm. */
  readonly range: string
  /** Who asks: `name@version` of a package, or the path of its folder. */
  readonly by: string
}
