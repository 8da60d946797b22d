import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './blocks.js'

const packages = readdirSync(join(ROOT, 'packages'))
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8')

/** The numbers that a specification gives its invariants, in bold: `**G10**`, `**X15 Failure**`. */
const numbersIn = (spec: string): string[] => Array.from(spec.matchAll(/\*\*([A-Z]\d+)\b/g), ([, number]) => number as string)

/** The titles in a file of tests, and the rules that a conformance kit puts into those that it makes. */
function titlesIn(source: string): string[] {
  const titles = source.matchAll(/(?:\b(?:it|test|describe)\(|\)\()\s*(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g)
  const rules = source.matchAll(/\brule: '([A-Z]\d+)'/g)
  return [...Array.from(titles, ([, , title]) => title as string), ...Array.from(rules, ([, rule]) => rule as string)]
}

function citedBy(name: string): ReadonlySet<string> {
  const folders = ['test', 'src/testing'].filter((under) => existsSync(join(ROOT, 'packages', name, under)))
  const files = folders.flatMap((under) => readdirSync(join(ROOT, 'packages', name, under), {
    recursive: true, encoding: 'utf8',
  }).filter((file) => file.endsWith('.ts')).map((file) => read('packages', name, under, file)))
  return new Set(files.flatMap(titlesIn).flatMap((title) => title.match(/\b[A-Z]\d+\b/g) ?? []))
}

describe('each invariant is cited by the title of a test', () => {
  it.each(packages)('of packages/%s/SPEC.md', (name) => {
    const numbers = numbersIn(read('packages', name, 'SPEC.md'))
    expect(numbers.length).toBeGreaterThan(0)
    const cited = citedBy(name)
    expect(numbers.filter((number) => !cited.has(number))).toEqual([])
  })

  it('of docs/protocol.md', () => {
    const numbers = Array.from(read('docs/protocol.md').matchAll(/^\| (I\d+) /gm), ([, number]) => number)
    expect(numbers).toHaveLength(12)
    const cited = citedBy('core')
    expect(numbers.filter((number) => !cited.has(number as string))).toEqual([])
  })
})
