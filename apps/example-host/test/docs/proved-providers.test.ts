import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { blocksOf, ROOT } from './blocks.js'

/** What a text declares at its top level, by name, as JavaScript without comments: printed alike wherever it stands. */
function declarationsIn(text: string): Map<string, string> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, removeComments: true },
  })
  const file = ts.createSourceFile('printed.js', outputText, ts.ScriptTarget.ESNext, true)
  const found = new Map<string, string>()
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (initializer) found.set(name.getText(), made(initializer).getText())
      }
    } else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name) {
      found.set(statement.name.text, statement.getText())
    }
  }
  return found
}

/** A provider that a kit makes anew for each test is the object that the function gives. */
function made(value: ts.Expression): ts.Expression {
  return ts.isArrowFunction(value) && ts.isParenthesizedExpression(value.body) ? value.body.expression : value
}

it.each([
  ['index', 'full-text.mjs', 'fullText'], ['crdt', 'notes.mjs', 'notes'], ['logical-type', 'conformance.mjs', 'money'],
])('the README of %s prints the provider that the kit proves under node:test', async (name, proved, provider) => {
  const example = (await blocksOf(`packages/${name}/README.md`)).find(({ language }) => language === 'ts')
  const printed = declarationsIn(example?.lines.join('\n') ?? '')
  const run = declarationsIn(await readFile(join(ROOT, `packages/${name}/test/node-test/${proved}`), 'utf8'))
  expect([...run.keys()]).toContain(provider)
  expect(Object.fromEntries([...run.keys()].map((declared) => [declared, printed.get(declared)])))
    .toEqual(Object.fromEntries(run))
})
