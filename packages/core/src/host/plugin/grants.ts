/** Surface ids each plugin may register on, by plugin id; `*` is for plugins that are not named. */
export type Grants = Readonly<Record<string, readonly string[]>>
