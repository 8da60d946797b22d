/** A module of the host, as the code of a plugin gets it. */
export interface SharedModule {
  /** What can be imported from it, `default` among them. */
  readonly names: readonly string[]
  /** For `import`: each name as it is in the host at that time. */
  readonly imported: object
  /** For `import()` of a name that was computed: the module's own namespace, where it is a module. */
  readonly namespace: object
  /** For `require`: what Node gives for it. */
  readonly required: unknown
}

/** Of namespaces, whose names stay the same. */
const known = new WeakMap<object, SharedModule>()

/** @param exports a module's namespace, or what a host gives in its place. */
export function sharedModule(exports: object): SharedModule {
  const shared = known.get(exports) ?? newSharedModule(exports)
  if (isNamespace(exports)) known.set(exports, shared)
  return shared
}

function newSharedModule(exports: object): SharedModule {
  const names = new Set(Object.keys(exports))
  const imported = {}
  for (const name of names) {
    Object.defineProperty(imported, name, { enumerable: true, get: () => exports[name as keyof typeof exports] })
  }
  if (!names.has('default')) {
    // An object that is no namespace is what `module.exports` would be.
    if (!isNamespace(exports)) Object.defineProperty(imported, 'default', { enumerable: true, value: exports })
  }
  // By this esbuild takes `default` for the default export.
  if (!names.has('__esModule')) Object.defineProperty(imported, '__esModule', { value: true })
  return {
    names: Object.keys(imported),
    imported,
    namespace: isNamespace(exports) ? exports : imported,
    required: required(exports, imported),
  }
}

function isNamespace(exports: object): boolean {
  return Object.prototype.toString.call(exports) === '[object Module]'
}

/**
 * What `require` gives for a module: `module.exports` of CommonJS, and the namespace of an ES module, marked as one
 * where it has a default export (https://nodejs.org/api/modules.html#loading-ecmascript-modules-using-require).
 */
function required(exports: object, imported: object): unknown {
  const namespace = exports as Readonly<Record<string, unknown>>
  if (!isNamespace(exports)) return exports
  if ('module.exports' in namespace) return namespace['module.exports']
  if (!('default' in namespace)) return exports
  return isOfCommonJs(namespace) ? namespace['default'] : imported
}

/** Node before 23 does not say so: of CommonJS, each name is a member of the default export. */
function isOfCommonJs(namespace: Readonly<Record<string, unknown>>): boolean {
  const whole = namespace['default']
  if ((typeof whole !== 'object' && typeof whole !== 'function') || whole === null)
    return Object.keys(namespace).length === 1
  return Object.keys(namespace).every(
    (name) => name === 'default' || namespace[name] === (whole as Readonly<Record<string, unknown>>)[name],
  )
}
