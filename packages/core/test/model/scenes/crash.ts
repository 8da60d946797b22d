import type { ManualClock } from '@uni/reload-core/testing'
import type { Scene } from '../replay.js'
import { Disk } from './crash-disk.js'
import { Run } from './crash-run.js'

/** A store that is reloaded, on a host that crashes. */
class CrashScene implements Scene {
  readonly #disk = new Disk()
  #run = new Run(this.#disk)
  #tried = 1
  #problem: unknown

  async open(): Promise<this> {
    this.#disk.images.set(1, 0)
    await this.#run.start(1)
    return this
  }

  get clock(): ManualClock {
    return this.#run.clock
  }

  readonly steps: Scene['steps'] = {
    write: () => this.#run.write(),
    'log is synced': () => this.#run.calls.get('log').end(),
    deliver: () => this.#run.deliver(),
    'checkpoint is saved': () => this.#run.calls.get('checkpoint').end(),
    'an image is taken': () => {
      this.#disk.images.set(this.#run.serving.by.version, this.#run.serving.entries.length)
    },
    'the log is released': () => this.#disk.release(),
    'record is synced': () => this.#run.calls.get('record').end(),
    'image is synced': () => this.#run.calls.get('image', ({ givenUp }) => !givenUp).end(),
    reload: () => this.#run.reload((this.#tried += 1)),
    'reload with a period': () => this.#run.reloadWithPeriod((this.#tried += 1)),
    'make permanent': () => {
      void this.#run.makePermanent()
    },
    'the period ends well': () => this.#run.endPeriod(true),
    'the period ends badly': () => this.#run.endPeriod(false),
    abort: () => this.#run.abort(),
    crash: (how) => {
      void this.#crash(how)
    },
  }

  visible(): Record<string, string> {
    if (!this.#run.ready) return { problem: String(this.#problem) }
    const { host, serving, acked, asked, open } = this.#run
    const disk = this.#disk
    const active = host.plugins().find(({ state }) => state !== 'retired')
    const state = new Map(host.resources().map((resource) => [resource.name, resource.state]))
    const imageOf = (version: number | undefined): string =>
      String(version === undefined ? 0 : (disk.images.get(version) ?? -1) + 1)
    return {
      serves: String(serving.by.version),
      comes_back: String(disk.comesBack),
      reached: disk.reached,
      permanent: flag(active?.permanent),
      record: disk.tail?.type ?? 'nothing',
      asked: flag(asked),
      open: String(open),
      logging: flag(disk.logging),
      log: String(disk.log),
      acked: String(acked),
      applied: contiguous(serving.entries),
      released: String(disk.released),
      image: imageOf(serving.by.version),
      imaging: flag(disk.imageTail !== undefined),
      old_image: imageOf(disk.comesBack),
      new_image: imageOf([...disk.images.keys()].find((version) => version !== disk.comesBack)),
      delivering: flag(this.#run.calls.find(({ name }) => name === 'checkpoint')),
      checkpoint: String(disk.checkpoint),
      sink: String(disk.sink),
      held: flag(state.get('index') === 'held'),
      recording: flag(state.get('index') === 'copying'),
      stream_held: flag(state.get('stream') === 'held'),
    }
  }

  /** The host is gone in the middle of whatever it does; another is made of what the records say. */
  async #crash(how: number): Promise<void> {
    this.#disk.crash({ logged: how > 2, record: how % 3 === 0 ? 'lost' : how % 3 === 1 ? 'there' : 'torn' })
    this.#run = new Run(this.#disk)
    await this.#run.start(this.#disk.comesBack ?? 0).catch((problem: unknown) => {
      this.#problem = problem
    })
  }
}

/** How many entries, or what is wrong with them. */
function contiguous(entries: readonly number[]): string {
  return entries.every((entry, at) => entry === at + 1) ? String(entries.length) : entries.join()
}

const flag = (value: unknown): string => (value === undefined || value === false ? '0' : '1')

export function openCrash(): Promise<Scene> {
  return new CrashScene().open()
}
