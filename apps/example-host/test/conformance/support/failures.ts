import type { DeclareTest } from '@uni/reload-core/testing'

/**
 * What a kit finds wrong with a provider: the keys of the tests that fail, those of golden files as one, and the rules
 * they name.
 */
export interface Failures {
  readonly keys: readonly string[]
  readonly rules: readonly string[]
}

/** Runs a kit as a runner would, one test after the other; or those whose keys begin with `only`. */
export async function failuresOf(declareKit: (test: DeclareTest) => void, only = ''): Promise<Failures> {
  const tests: { readonly key: string; readonly body: () => Promise<void> | void }[] = []
  declareKit((name, body) => tests.push({ key: name.slice(0, name.indexOf(':')), body }))
  const keys = new Set<string>()
  const rules = new Set<string>()
  for (const { key, body } of tests.filter((test) => test.key.startsWith(only))) {
    try {
      await body()
    } catch (error) {
      keys.add(key.replace(/^golden\/.*/, 'golden'))
      rules.add(String((error as { readonly rule?: unknown }).rule))
    }
  }
  return { keys: [...keys], rules: [...rules] }
}
