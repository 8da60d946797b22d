/** What the service of the plugin offers. */
export interface Prices {
  /** At once: in cents. */
  of(ms: number): Price
  /** The same, with a few turns in between. @throws Error where the version was shut down under the call. */
  quote(ms: number): Promise<Price>
}

export interface Price {
  readonly version: string
  readonly cents: number
}
