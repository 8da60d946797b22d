import yargs, { type Argv } from 'yargs'
import { connect, type ConnectOptions } from './client/connect.js'
import type { AdminClient } from './client/admin-client.js'
import { makePermanent, reload, remove, takeBack, type ReloadChoice } from './commands/change.js'
import { check, FORMATS } from './commands/check.js'
import { events } from './commands/events.js'
import { plugins, status } from './commands/status.js'
import { top } from './commands/top.js'
import { watch } from './commands/watch.js'
import { CommandError, EXIT, type ExitCode } from './exit-code.js'
import type { Io } from './io.js'

interface Common extends ConnectOptions {
  readonly json: boolean
}

type OnHost<A> = (client: AdminClient, io: Io, asJson: boolean, args: A) => Promise<ExitCode>

/** Runs `uni-reload` with arguments, such as `['reload', 'search', 'plugins/search']`. Never rejects. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  let ended: ExitCode = EXIT.ok
  let asJson = false
  const end = async (running: Promise<ExitCode>): Promise<void> => {
    ended = await running
  }
  const onHost =
    <A extends Common>(command: OnHost<A>) =>
    async (given: A): Promise<void> => {
      asJson = given.json
      await end(connect(given, io).then((client) => command(client, io, given.json, given)))
    }
  try {
    await commands(yargs([...args]), { onHost, io, end, asJson: (json) => (asJson = json) }).parseAsync()
    return ended
  } catch (error) {
    if (io.signal.aborted) return EXIT.ok
    return told(error, io, asJson)
  }
}

interface Wiring {
  readonly io: Io
  readonly onHost: <A extends Common>(command: OnHost<A>) => (given: A) => Promise<void>
  end(running: Promise<ExitCode>): Promise<void>
  asJson(json: boolean): void
}

const idOf = <T>(argv: Argv<T>) =>
  argv.positional('id', { type: 'string', demandOption: true, describe: 'of the plugin' })

function commands(argv: Argv, { onHost, io, end, asJson }: Wiring): Argv {
  return argv
    .scriptName('uni-reload')
    .usage('$0 <command>\n\nLooks at a uni-reload host, and reloads its plugins, by its admin API.')
    .option('url', { type: 'string', describe: 'Of the admin API [UNI_RELOAD_URL, or http://localhost:7070]' })
    .option('token-file', { type: 'string', describe: 'The file that has the token [UNI_RELOAD_TOKEN_FILE]' })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
    .command('status', 'Whether everything serves', (command) => command, onHost(status))
    .command('plugins', 'Which versions are loaded, and what holds them', (command) => command, onHost(plugins))
    .command(
      'reload <id> <source>',
      'Replace a plugin: by a path on the host, or by a local .tgz, which is sent',
      (command) =>
        reloadOptions(sourceOf(idOf(command))).option('dry-run', { type: 'boolean', describe: 'Try it only' }),
      onHost((client, its, json, { id, source, ...given }) =>
        reload(client, its, json, { id, source, ...choiceOf(given) }),
      ),
    )
    .command(
      'dry-run <id> <source>',
      'Try a reload: all of it but the commit',
      (command) => reloadOptions(sourceOf(idOf(command))),
      onHost((client, its, json, { id, source, ...given }) =>
        reload(client, its, json, { id, source, ...choiceOf(given), dryRun: true }),
      ),
    )
    .command(
      'take-back <id>',
      'Take a reload back while it bakes',
      (command) => idOf(command),
      onHost((client, its, json, { id }) => takeBack(client, its, json, id)),
    )
    .command(
      'make-permanent <id>',
      'Have a crash come back on the version that serves',
      (command) => idOf(command),
      onHost((client, its, json, { id }) => makePermanent(client, its, json, id)),
    )
    .command(
      'remove <id>',
      'Remove a plugin that no other needs',
      (command) => idOf(command).option('on-orphan', { choices: ['reject', 'close'] as const }),
      onHost((client, its, json, { id, onOrphan }) => remove(client, its, json, { id, ...(onOrphan && { onOrphan }) })),
    )
    .command(
      'watch <id> <source>',
      'Reload a plugin of a host on this machine after each change of its files',
      (command) =>
        sourceOf(idOf(command)).option('folder', {
          type: 'string',
          default: 'plugins',
          describe: "The host's folder of plugins, which source is in",
        }),
      onHost((client, its, json, { id, source, folder }) => watch(client, its, json, { id, source, folder })),
    )
    .command(
      'events',
      'Print what happens, as it happens',
      (command) => command.option('after', { type: 'string', describe: 'The id of an event, to go on after it' }),
      onHost((client, its, json, { after }) => events(client, its, json, after)),
    )
    .command(
      'top',
      'Plugins, resources and operations, again and again',
      (command) => command.option('every', { type: 'number', default: 1000, describe: 'Milliseconds' }),
      onHost((client, its, json, { every }) => top(client, its, json, every)),
    )
    .command(
      'check',
      'May this upgrade be hot-reloaded? Needs no host',
      (command) =>
        command
          .option('from', { type: 'string', demandOption: true, describe: 'The old version: a file, a folder, a .tgz' })
          .option('to', { type: 'string', demandOption: true, describe: 'The new version' })
          .option('state', { type: 'string', describe: 'A folder with real state, which is copied' })
          .option('config', { type: 'string', describe: 'Default: uni-reload.config.js' })
          .option('strict', { type: 'boolean', default: false, describe: 'Refuse what could not be judged' })
          .option('format', { choices: FORMATS, describe: 'Default: text' }),
      (given) => {
        asJson(given.json)
        return end(check(io, { ...given, format: given.format ?? (given.json ? 'json' : 'text') }))
      },
    )
    .completion('completion', 'Print a script that completes commands in bash and zsh')
    .demandCommand(1, 'Name a command.')
    .strict()
    .recommendCommands()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new CommandError(EXIT.usage, message, { hint: 'See uni-reload --help.' })
    })
    .version(false)
}

const sourceOf = <T>(argv: Argv<T>) =>
  argv.positional('source', {
    type: 'string',
    demandOption: true,
    describe: 'a path below the folder of plugins, or a .tgz',
  })

const reloadOptions = <T>(argv: Argv<T>) =>
  argv
    .option('cutover', { choices: ['overlap', 'exclusive'] as const })
    .option('on-orphan', { choices: ['reject', 'close'] as const, describe: 'Of live resources whose key goes' })
    .option('open-anew', { type: 'boolean', describe: 'Ask nothing of the version that serves: from: "open"' })
    .option('bake', { type: 'number', describe: 'Milliseconds in which it can be taken back' })
    .option('accept', { type: 'string', array: true, describe: 'surface/key=reason: taken whatever the judgement is' })

interface GivenChoice {
  readonly dryRun?: boolean | undefined
  readonly cutover?: 'overlap' | 'exclusive' | undefined
  readonly onOrphan?: 'reject' | 'close' | undefined
  readonly openAnew?: boolean | undefined
  readonly bake?: number | undefined
  readonly accept?: readonly string[] | undefined
}

function choiceOf({ dryRun, cutover, onOrphan, openAnew, bake, accept }: GivenChoice): ReloadChoice {
  return {
    ...(dryRun === true && { dryRun }),
    ...(cutover && { cutover }),
    ...(onOrphan && { onOrphan }),
    ...(openAnew === true && { from: 'open' }),
    ...(bake !== undefined && { bakeMs: bake }),
    ...(accept && { accept: accept.map(acceptanceOf) }),
  }
}

function acceptanceOf(text: string): { surface: string; key: string; reason: string } {
  const found = /^([^/]+)\/([^=]+)=(.+)$/s.exec(text)
  if (found === null) {
    throw new CommandError(EXIT.usage, `--accept ${text} is not of the form surface/key=reason`)
  }
  const [, surface, key, reason] = found as unknown as [string, string, string, string]
  return { surface, key, reason }
}

function told(error: unknown, io: Io, asJson: boolean): ExitCode {
  const failed =
    error instanceof CommandError
      ? error
      : new CommandError(EXIT.usage, error instanceof Error ? error.message : String(error))
  const { message, hint, details, exitCode } = failed
  if (asJson) io.out(`${JSON.stringify({ error: message, hint, details, exitCode })}\n`)
  else io.err(`${io.colors.red(message)}\n${hint === undefined ? '' : `${hint}\n`}`)
  return exitCode
}
