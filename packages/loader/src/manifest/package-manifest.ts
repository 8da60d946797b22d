import { checkOptions, describeThrown, option, type OptionChecks, type PluginDependency } from '@uni/reload-core'
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
  readonly id?: string
  /** The file that the plugin begins with, relative to the folder. */
  readonly entry?: string
  /** The ids of the surfaces that it registers on. */
  readonly capabilities?: readonly string[]
  readonly dependsOn?: readonly PluginDependency[]
}

const DEPENDENCY: OptionChecks<PluginDependency> = {
  id: option.required(option.text),
  range: option.required(option.text),
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
    version: option.text(json.content.version, 'version', json),
    ...(capabilities && { capabilities }),
    ...(dependsOn && { dependsOn }),
  }))
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
