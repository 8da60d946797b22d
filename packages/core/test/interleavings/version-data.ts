import type { StoreDiscipline } from '../fixtures/store.js'

/**
 * A live resource by its name, which but for {@link GUEST} is the key of the provider that opens it too: `pre-copy/a`.
 */
export type ResourceId = `${StoreDiscipline}/${string}`

export const KINDS: readonly StoreDiscipline[] = ['clean', 'pre-copy', 'stop-and-copy']
export const PLUGIN_IDS = ['a', 'b', 'c'] as const
export type PluginId = (typeof PLUGIN_IDS)[number]

/** A key that any plugin may provide, and that they may quarrel about. Every other key is the id of its plugin. */
export const SHARED: ResourceId = 'pre-copy/shared'

/** One that the plugin which depends on another has its host open with a key of that other one. */
export const GUEST: ResourceId = 'pre-copy/guest'

/** One that is a storage whose medium is its own: what it holds has no order. */
export const STORAGE: ResourceId = 'pre-copy/b'

export const ID_THAT_DEPENDS: PluginId = 'c'
/** Major version 1 of it is what the other one needs. */
export const ID_DEPENDED_ON: PluginId = 'a'

export const RESOURCES: readonly ResourceId[] = [
  ...KINDS.flatMap((kind) => PLUGIN_IDS.map((id): ResourceId => `${kind}/${id}`)),
  SHARED,
  GUEST,
]

export function kindOf(resource: ResourceId): StoreDiscipline {
  return resource.slice(0, resource.indexOf('/')) as StoreDiscipline
}

export function nameOf(resource: ResourceId): string {
  return resource.slice(resource.indexOf('/') + 1)
}

/** The one that has the name of the key with which `resource` is opened: itself, but for {@link GUEST}. */
export function openedWith(resource: ResourceId): ResourceId {
  return resource === GUEST ? `pre-copy/${ID_DEPENDED_ON}` : resource
}

export function keyOf(resource: ResourceId): string {
  return nameOf(openedWith(resource))
}

/** What a generated version is like. */
export interface VersionGiven {
  readonly major: 1 | 2
  readonly shared: boolean
  /** A kind that it provides no key of. */
  readonly without: StoreDiscipline | undefined
  /** It answers without promises. */
  readonly prompt: boolean
  /** Its snapshots do not see writes that are made while they are pending. */
  readonly isolated: boolean
  /** What it has its host open, as far as it can. */
  readonly opens: readonly ResourceId[]
}

export const ORDINARY: VersionGiven = {
  major: 1,
  shared: false,
  without: undefined,
  prompt: false,
  isolated: false,
  opens: [],
}

/** All that a plugin may have its host open. */
export function opensOf(id: string): ResourceId[] {
  const own = KINDS.map((kind): ResourceId => `${kind}/${id}`)
  return id === ID_THAT_DEPENDS ? [...own, GUEST] : own
}

/** One version of one plugin, in plain data. */
export interface VersionData extends VersionGiven {
  readonly id: string
  readonly number: string
  /** `a@1.7.0`. No two versions of a run have the same. */
  readonly label: string
  readonly keys: readonly ResourceId[]
}

export function versionData(id: string, serial: number, given: VersionGiven): VersionData {
  const number = `${given.major}.${serial}.0`
  const own = KINDS.filter((kind) => kind !== given.without).map((kind): ResourceId => `${kind}/${id}`)
  return {
    ...given,
    id,
    number,
    label: `${id}@${number}`,
    keys: given.shared ? [...own, SHARED] : own,
    opens: given.opens.filter((resource) => own.includes(resource) || (resource === GUEST && id === ID_THAT_DEPENDS)),
  }
}
