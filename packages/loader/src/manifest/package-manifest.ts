import {
  checkOptions,
  describeThrown,
  option,
  unexpected,
  type OptionChecks,
  type PluginDependency,
} from '@uni/reload-core'
import { isSemanticVersion, npmRanges } from '@uni/reload-core/ranges'
import { LoadError } from '../errors.js'
import type { PackageJson } from './package-json.js'

/** What a `package.json` says of the plugin. */
export interface PackageManifest {
  /** `uni.id`, or else the `name`. */
  readonly id: string
  readonly version: string
  readonly capabilities?: readonly string[]
  readonly dependsOn?: readonly PluginDependency[]
}

/** The field `uni` of a `package.json`. */
export interface UniField {
  /** Of the plugin; the package's `name` where it is left out. */
  readonly id?: string | undefined
  /** The file that the plugin begins with, relative to the folder. */
  readonly entry?: string | undefined
  /** The ids of the surfaces that it registers on. */
  readonly capabilities?: readonly string[] | undefined
  readonly dependsOn?: readonly PluginDependency[] | undefined
}

const DEPENDENCY: OptionChecks<PluginDependency> = {
  id: option.required(option.text),
  range: option.required((value, path) => {
    if (typeof value === 'string' && npmRanges.isRange(value)) return value
    throw unexpected('a range of versions, such as ^2.1.0', value, path)
  }),
  optional: option.flag,
}
const UNI: OptionChecks<UniField> = {
  id: option.text,
  entry: option.text,
  capabilities: option.list(option.text),
  dependsOn: option.list(option.object(DEPENDENCY)),
}

/** @throws LoadError `MANIFEST`, naming the field. */
export function readUniField({ file, content }: PackageJson): UniField | undefined {
  if (content.uni === undefined) return undefined
  return checked(file, () => checkOptions<UniField>(content.uni as UniField, 'uni', UNI))
}

/** @throws LoadError `MANIFEST`, naming the field. */
export function readPackageManifest(json: PackageJson): PackageManifest | undefined {
  const uni = readUniField(json)
  if (uni === undefined) return undefined
  const { id, capabilities, dependsOn } = uni
  return checked(json.file, () => ({
    id: id ?? option.text(json.content.name, 'name', json),
    version: checkVersion(json.content.version),
    ...(capabilities && { capabilities }),
    ...(dependsOn && { dependsOn }),
  }))
}

function checkVersion(value: unknown): string {
  if (typeof value === 'string' && isSemanticVersion(value)) return value
  throw unexpected('a semantic version, such as 1.4.0', value, 'version')
}

function checked<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new LoadError('MANIFEST', describeThrown(cause), {
      place: { file },
      cause,
      hint: 'Correct the field.',
    })
  }
}
