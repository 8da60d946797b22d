import { Queue, Worker, type ConnectionOptions } from 'bullmq'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { backgroundJob, backgroundJobHandoff, runJob } from '@uni/reload-core/surfaces'

interface Mail { readonly to: string }

export const mailer = (version: string): Plugin => ({
  manifest: { id: 'mailer', version },
  register: (registrar) => {
    registrar.provide(backgroundJob.of<Mail>(), {
      name: 'send', run: ({ input, id, attempt }) => `${version} sends ${id} to ${input.to}, attempt ${attempt}`,
    })
  },
})

export async function start(connection: ConnectionOptions) {
  const queue = new Queue<Mail>('mail', { connection })
  const waiting = () => queue.getJobs(['active', 'waiting', 'delayed', 'prioritized'])
  const queued = async (name: string) => (await waiting()).filter((job) => job.name === name).length
  const host = new PluginHost({ strategies: [backgroundJobHandoff({ queued })] })
  const handle = await host.add(mailer('1.0.0'))
  const worker = new Worker<Mail>(
    'mail',
    async (job) => runJob(host, job.name, { input: job.data, id: job.id, attempt: job.attemptsMade + 1 }),
    { connection },
  )
  return { host, handle, queue, worker }
}
