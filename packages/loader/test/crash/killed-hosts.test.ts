import { mkdir, readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { randomFrom } from '../fixtures/random.js'
import { tempFolder } from '../fixtures/temp-folder.js'
import { buildProgram, runProgram } from './program.js'

const inFolder = tempFolder()
const KILLS = Number(process.env['HOST_KILLS'] ?? 6)
const RELOADS = Number(process.env['HOST_RELOADS'] ?? 5)
const SEED = Number(process.env['HOST_SEED'] ?? Math.trunc(Date.now() % 1_000_000) + 1)
/**
 * What a collection leaves: the version that serves, the permanent one, and two between them, of which one is retired.
 * Then 16 more are put into the store before the next one.
 */
const MOST_VERSIONS = 4 + 16

/** What the host was to come back on, by what it said: the last that it had, or was about to, make permanent. */
function possible(lines: readonly string[], before: readonly number[]): readonly number[] {
  let versions = before
  for (const line of lines) {
    const [, back] = /^back (\d+) /.exec(line) ?? []
    const [, said, number] = /^(permanent\??) (\d+)$/.exec(line) ?? []
    if (back !== undefined) versions = [Number(back)]
    if (said === 'permanent?') versions = [...versions, Number(number)]
    if (said === 'permanent') versions = [Number(number)]
  }
  return versions
}

it(`P2 S5 a host that is killed ${KILLS} times comes back on what was permanent, from its store (HOST_SEED=${SEED})`, async () => {
  const program = await buildProgram('host-life')
  await mkdir(inFolder('whole'))
  const whole = await runProgram(program, inFolder('whole'), `${RELOADS}`)
  expect(whole).toMatchObject({ end: 'exit code 0', complaints: '' })
  const [, calls] = /^done (\d+) with \d+$/.exec(whole.lines.at(-1) ?? '') ?? []
  expect(Number(calls)).toBeGreaterThan(100)
  await mkdir(inFolder('host'))
  let expected: readonly number[] = [0]
  let most = 0
  let kills = 0
  let reloads = 0
  const random = randomFrom(SEED)
  for (let life = 0; life <= KILLS; life += 1) {
    const last = life === KILLS
    const die = last ? 0 : 1 + random(Number(calls))
    const ended = await runProgram(program, inFolder('host'), `${last ? 1 : RELOADS}`, `${die}`)
    // How many calls a life takes depends on where it begins, and on how long it waits: one may be over before.
    // And one that has said that it is done may be killed while it closes its store.
    const isOver = ended.end === 'exit code 0'
    expect(ended).toMatchObject({ end: isOver ? 'exit code 0' : 'SIGKILL', complaints: '' })
    if (isOver) expect(ended.lines.at(-1)).toMatch(/^done /)
    if (last) expect(isOver).toBe(true)
    if (!isOver) kills += 1
    reloads += ended.lines.filter((line) => line.startsWith('loaded ')).length
    const [, back, versions] = /^back (\d+) of (\d+)$/.exec(ended.lines[0] ?? '') ?? []
    if (back !== undefined) {
      expect(expected).toContain(Number(back))
      most = Math.max(most, Number(versions))
    }
    expected = possible(ended.lines, expected)
  }
  expect(kills).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(MOST_VERSIONS)
  const store = inFolder('host', 'data', 'plugins')
  console.log(
    `${reloads} loads, killed ${kills} times, came back on ${String(expected)} last; at most ${most} versions in the store`,
  )
  expect(await readdir(`${store}/sessions`)).toEqual([])
  expect((await readdir(`${store}/versions`)).length).toBeLessThanOrEqual(2)
  expect((await readdir(`${store}/objects`)).length).toBeLessThanOrEqual(4)
})
