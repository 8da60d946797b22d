import { PluginHost, type Plugin } from '@uni/reload-core'
import { backgroundJob } from '@uni/reload-core/surfaces'
import type { After, Expectation } from '@uni/reload-core/testing'
import type { JobProvider } from '../job.js'
import { jobsHandoff } from '../strategy.js'
import type { JobBackendConformance, OpenedBackend } from './options.js'

export interface Scene {
  readonly opened: OpenedBackend
  readonly host: PluginHost
}

/** A backend of its own and a host for a test. */
export async function sceneOf(
  { open }: Pick<JobBackendConformance, 'open'>,
  expect: Expectation,
  after: After,
): Promise<Scene> {
  const opened = await expect.works('open', () => open())
  after(() => opened.close?.())
  const host = new PluginHost({ strategies: [jobsHandoff(opened.backend)] })
  after(() => host.close())
  return { opened, host }
}

/** A version of a plugin. Names of providers are without the prefix of the backend. */
export function version(major: number, { backend }: OpenedBackend, providers: readonly JobProvider[]): Plugin {
  return {
    manifest: { id: 'conformance', version: `${major}.0.0` },
    register(registrar) {
      for (const provider of providers)
        registrar.provide(backgroundJob, { ...provider, name: backend.prefix + provider.name })
    },
  }
}
