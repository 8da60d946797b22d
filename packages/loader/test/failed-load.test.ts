import { execFileSync } from 'node:child_process'
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { loadPlugin, PluginStore } from '@uni/reload-loader'
import { loadAnswer } from './fixtures/answer.js'
import { loadFailure } from './fixtures/load-failure.js'
import { answering, PluginFolder, type Files } from './fixtures/plugin-folder.js'

interface Wrong {
  readonly text: string
  /** Where it is wrong, `index.ts` if it is not told. */
  readonly file?: string
  readonly code: string
  readonly line?: number
  readonly column?: number
  readonly says: RegExp
}

const WRONG: Readonly<Record<string, Wrong>> = {
  'a syntax error': {
    text: 'const a = 1\nlet b c',
    code: 'SYNTAX',
    line: 2,
    column: 7,
    says: /Expected ";" but found "c"/,
  },
  'a syntax error behind letters of several bytes': {
    text: '/* äöü 🎉 */ let b c',
    code: 'SYNTAX',
    line: 1,
    column: 20,
    says: /found "c"/,
  },
  'a missing module': {
    text: "import './nowhere.js'",
    code: 'MISSING_MODULE',
    line: 1,
    column: 8,
    says: /Could not resolve "\.\/nowhere\.js"/,
  },
  'a missing package': {
    text: "import a from 'nowhere'\na",
    code: 'MISSING_MODULE',
    line: 1,
    column: 15,
    says: /Install the package/,
  },
  'an address in the network': {
    text: "import a from 'https://example.com/a.js'\na",
    code: 'MISSING_MODULE',
    line: 1,
    column: 15,
    says: /Could not resolve "https:\/\/example\.com\/a\.js": a plugin is made of files\./,
  },
  'a missing export': {
    text: "import { a } from './there.js'\na()",
    code: 'MISSING_EXPORT',
    line: 1,
    column: 10,
    says: /No matching export in "there\.js" for import "a"/,
  },
  'a throw': {
    text: "const a = 1\nconst o: object = {}\n  throw new RangeError('out of it')",
    code: 'THREW',
    line: 3,
    column: 9,
    says: /its module threw while it was evaluated: out of it/,
  },
  'a throw of what it calls': {
    text: "import { fail } from './there.js'\nfail()",
    file: 'there.js',
    code: 'THREW',
    line: 2,
    column: 35,
    says: /not today/,
  },
  'a throw of no error': {
    text: "throw 'words'",
    code: 'THREW',
    says: /evaluated: words\. Have it throw an Error, whose stack says where\./,
  },
  'a throw of nothing': { text: 'throw null', code: 'THREW', says: /evaluated: a thrown object: null\. Have it throw/ },
  'a top-level await': {
    text: 'const a = 1\nexport const b = await a',
    code: 'TOP_LEVEL_AWAIT',
    line: 2,
    column: 18,
    says: /Await inside init\(\)/,
  },
  'a top-level for await': {
    text: 'for await (const a of []) {}',
    code: 'TOP_LEVEL_AWAIT',
    line: 1,
    column: 5,
    says: /Await inside init\(\)/,
  },
  'no export': { text: 'export {}', code: 'EXPORT', says: /it exports nothing/ },
  'other exports': {
    text: 'export const a = 1, b = 2',
    code: 'EXPORT',
    says: /it exports a, b, and none of it is a plugin\. Export an object with register as default, or as plugin/,
  },
  'a default export that is no plugin': {
    text: 'export default { manifest: { id: "a" } }',
    code: 'EXPORT',
    says: /it exports default, and none/,
  },
}

it.each(Object.entries(WRONG))('E2 %s is refused with its place, and the lines around it', async (_, wrong) => {
  const { text, code, line, column, says, file = 'index.ts' } = wrong
  await using folder = await PluginFolder.of({
    'index.ts': text,
    'there.js': 'export const other = 1\nexport const fail = () => { throw new Error("not today") }',
  })
  const error = await loadFailure(loadPlugin(folder.path))
  expect(error.message).toMatch(says)
  expect({ code: error.code, line: error.line, column: error.column }).toEqual({ code, line, column })
  expect(error.file).toBe(folder.at(file))
  expect(error.frame).toEqual(
    line === undefined ? undefined : expect.stringMatching(new RegExp(`^> ${line} \\| .*\\n +\\| [ \\t]*\\^+$`, 'm')),
  )
})

const decorated = 'function dec(...all: unknown[]) {}\nclass A { @dec word = 1 }\nexport default A'
const options = (text: string): string => `{ "compilerOptions": ${text} }`

it.each<[what: string, files: Files, wrong: object, says: RegExp]>([
  [
    'a base of a tsconfig.json that is not there',
    { 'tsconfig.json': '{\n  "extends": ["./base.json", "nowhere/base"]\n}', 'base.json': '{}' },
    { code: 'MISSING_MODULE', line: 2, column: 30 },
    /Cannot find base config file "nowhere\/base"\. Install the package, or correct the path in extends\./,
  ],
  [
    'a tsconfig.json that is none',
    { 'tsconfig.json': '{\n  oops' },
    { code: 'SYNTAX', line: 2, column: 3 },
    /Expected string in JSON but found "oops"/,
  ],
  [
    'types that decorators are to get',
    {
      'index.ts': decorated,
      'base.json': options('{ "experimentalDecorators": true, "emitDecoratorMetadata": true }'),
      'tsconfig.json': '{ "extends": "./base.json" }',
    },
    { code: 'BUNDLE', line: undefined },
    /emitDecoratorMetadata is on, and the bundle has no types to emit\. Turn it off; or/,
  ],
])('E2 %s is refused, where it is asked for', async (_, files, wrong, says) => {
  await using folder = await PluginFolder.of({ 'index.ts': answering('1'), ...files })
  const error = await loadFailure(loadPlugin(folder.path))
  expect(error).toMatchObject({ file: folder.at('tsconfig.json'), ...wrong })
  expect(error.message).toMatch(says)
})

type Odd =
  'a folder' | 'a named pipe' | 'a socket' | 'a device' | 'a link to itself' | 'a link to nothing' | 'a file of 65 MiB'
/** A process that ends without closing it leaves a socket where it is. */
const LISTEN = "require('node:net').createServer().listen(process.argv[1], () => process.exit())"
async function makeOdd(odd: Odd, path: string): Promise<void> {
  const links = { 'a device': '/dev/zero', 'a link to itself': path, 'a link to nothing': 'nowhere' }
  if (odd === 'a folder') await mkdir(path)
  else if (odd === 'a named pipe') execFileSync('mkfifo', [path])
  else if (odd === 'a socket') execFileSync(process.execPath, ['-e', LISTEN, path])
  else if (odd === 'a file of 65 MiB') {
    await writeFile(path, '')
    await truncate(path, 65 * 2 ** 20)
  } else await symlink(links[odd], path)
}

it.each<[file: string, odd: Odd, code: string, says: RegExp]>([
  ['package.json', 'a folder', 'MANIFEST', /it cannot be read: it is no file\. Let it be a file/],
  ['package.json', 'a named pipe', 'MANIFEST', /it cannot be read: it is no file/],
  ['package.json', 'a device', 'MANIFEST', /it cannot be read: it is no file/],
  ['single.ts', 'a named pipe', 'NOT_FOUND', /this is neither a file nor a folder/],
  ['single.ts', 'a device', 'NOT_FOUND', /this is neither a file nor a folder/],
  ['single.ts', 'a link to itself', 'NOT_FOUND', /there is no plugin at this path: ELOOP/],
  ['single.ts', 'a link to nothing', 'NOT_FOUND', /there is no plugin at this path: ENOENT/],
  ['only/index.ts', 'a folder', 'NOT_FOUND', /does not say which file the plugin begins with/],
  ['only/index.ts', 'a named pipe', 'NOT_FOUND', /does not say which file the plugin begins with/],
  ['only/index.ts', 'a link to itself', 'NOT_FOUND', /does not say which file the plugin begins with/],
  ['it.ts', 'a folder', 'MISSING_MODULE', /Could not resolve "\.\/it\.ts"/],
  ['it.ts', 'a link to nothing', 'MISSING_MODULE', /Could not resolve "\.\/it\.ts"/],
  ['it.ts', 'a link to itself', 'BUNDLE', /Cannot read directory "it\.ts": too many levels of symbolic links/],
  ['x.tgz', 'a folder', 'ARCHIVE', /it is no regular file/],
  ['x.tgz', 'a named pipe', 'ARCHIVE', /it is no regular file/],
  ['x.tgz.sig', 'a folder', 'SIGNATURE', /this is no signature that can be read/],
  ['x.tgz.sig', 'a named pipe', 'SIGNATURE', /this is no signature that can be read/],
])('E1 what is no file is refused, and waited for by nobody: %s is %s', async (file, odd, code, says) => {
  await using folder = await PluginFolder.of({ 'index.ts': `import './it.ts'\n${answering('1')}`, 'only/a': '' })
  await using store = await PluginStore.open(folder.at('store'), { journal: 'none' })
  await makeOdd(odd, folder.at(file))
  if (file === 'x.tgz.sig') await folder.write({ 'x.tgz': '' })
  const path = /^(?:package|it)\./.test(file) ? folder.path : folder.at(file.replace(/\/index\.ts$|\.sig$/, ''))
  const error = await loadFailure(loadPlugin(path, { store, trust: { keys: {}, unsigned: 'warn', onUnsigned() {} } }))
  expect(error.message).toMatch(says)
  expect(error.code).toBe(code)
})

/** Which file a load is refused for, why, and what the plugin answers once there is a file. */
async function refusalOf(file: string, odd: Odd): Promise<readonly [file: string | undefined, why: string, unknown]> {
  await using folder = await PluginFolder.of({
    'index.ts': `${file === 'asset.json' ? "import './asset.json'" : "import './it.ts'\nimport './below/b.ts'"}\n${answering('1')}`,
    'it.ts': '//# sourceMappingURL=it.map',
    'below/b.ts': '',
    'tsconfig.json': '{ "extends": "./base" }',
    'base.json': '{}',
  })
  const path = folder.at(file)
  await rm(path, { force: true })
  await makeOdd(odd, path)
  const { file: refused, message } = await loadFailure(loadPlugin(folder.path))
  await rm(path)
  await folder.write({ [file]: file.endsWith('.ts') ? '' : '{ "version": "3.0.0", "mappings": "" }' })
  return [refused?.replace(`${folder.path}/`, ''), message, await loadAnswer(folder.path)]
}

it.each<[file: string, odd: Odd, says: RegExp]>([
  ['it.ts', 'a device', /it is a device, and no file/],
  ['asset.json', 'a named pipe', /it is a named pipe, and no file\. Let the plugin read it while it runs/],
  ['asset.json', 'a socket', /it is a socket, and no file/],
  ['asset.json', 'a file of 65 MiB', /it has 65 MiB, and a file that is bundled has 64 at most\. Let the plugin read/],
])('E1 what is read without end, or is too large, is refused: %s is %s', async (file, odd, says) => {
  const refused = odd === 'a device' ? '/dev/zero' : file
  expect(await refusalOf(file, odd)).toEqual([refused, expect.stringMatching(says), 1])
})

it('E1 a named pipe is not waited for, be it a source, or a configuration beside, above or below one', async () => {
  const files = ['it.ts', 'it.map', 'tsconfig.json', 'base.json', 'below/tsconfig.json', 'below/package.json']
  const refusals = await Promise.all(files.map((file) => refusalOf(file, 'a named pipe')))
  const why = expect.stringMatching(/^BUNDLE.* it is a named pipe, and no file/) as string
  expect(refusals).toEqual(files.map((file) => [file, why, 1]))
})

it.each<[what: string, files: Files]>([
  ['a tsconfig.json that is a folder', { 'tsconfig.json/a': '', 'index.ts': answering('1') }],
  [
    'empty files',
    { 'index.ts': `import './empty.js'\nimport './empty.ts'\n${answering('1')}`, 'empty.js': '', 'empty.ts': '' },
  ],
  [
    'a mark before the text, and lines of Windows',
    { 'package.json': '\uFEFF{\r\n"main": "a.ts"\r\n}', 'a.ts': `\uFEFF// a\r\n${answering('1')}` },
  ],
  [
    'names that are as long as can be',
    { 'index.ts': `import './${'a'.repeat(250)}.js'\n${answering('1')}`, [`${'a'.repeat(250)}.js`]: '' },
  ],
])('E1 what is odd and can be read is loaded: %s', async (_, files) => {
  await using folder = await PluginFolder.of(files)
  expect(await loadAnswer(folder.path)).toBe(1)
})

it('E1 names that esbuild takes for others are refused: with a backslash, or an asterisk', async () => {
  await using folder = await PluginFolder.of({
    'back\\slash/index.js': answering('1'),
    'entry/package.json': '{ "main": "a\\\\b.js" }',
    'entry/a\\b.js': answering('1'),
    'import/index.js': `import './back\\\\slash.js'\n${answering('1')}`,
    'import/back\\slash.js': '',
    'star/index.js': `import './s*r.js'\n${answering('1')}`,
    'star/s*r.js': '',
  })
  for (const path of ['back\\slash', 'entry', 'import']) {
    const error = await loadFailure(loadPlugin(folder.at(path)))
    expect(error).toMatchObject({ code: 'BUNDLE', file: expect.stringContaining('\\') as string, hint: 'Rename it.' })
  }
  expect((await loadFailure(loadPlugin(folder.at('star')))).hint).toMatch(/rename the file: esbuild takes an asterisk/)
})

it('E2 decorators alone, and the option where there are none, are loaded', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': answering('1'),
    'tsconfig.json': options('{ "experimentalDecorators": true, "emitDecoratorMetadata": true }'),
  })
  expect(await loadAnswer(folder.path)).toBe(1)
  await folder.write({
    'index.ts': `${decorated.replace('export default A', '')}\n${answering('new A().word')}`,
    'tsconfig.json': options('{ "experimentalDecorators": true }'),
  })
  expect(await loadAnswer(folder.path)).toBe(1)
})

it('E2 the frame marks what is wrong', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': '// one\n// two\n// three\n\tlet b wrong\n// five\n// six\n// seven\n',
  })
  expect((await loadFailure(loadPlugin(folder.path))).frame).toBe(
    [
      '  2 | // two',
      '  3 | // three',
      '> 4 | \tlet b wrong',
      '    | \t      ^^^^^',
      '  5 | // five',
      '  6 | // six',
    ].join('\n'),
  )
})

it.each<[exports: string, text: string]>([
  ['a proxy that was revoked', '(() => { const it = Proxy.revocable({}, {}); it.revoke(); return it.proxy })()'],
  ['a register that throws when it is read', '{ get register() { throw new Error("no") } }'],
  ['a manifest that throws when it is read', '{ register() {}, get manifest() { throw new Error("no") } }'],
  ['a member that throws when it is read', '{ register() {}, get other() { throw new Error("no") } }'],
])('E1 what is exported and cannot be read is refused: %s', async (_, text) => {
  await using folder = await PluginFolder.of({
    'package.json': '{ "name": "a", "version": "1.0.0", "uni": {} }',
    'index.js': `export default ${text}`,
  })
  const { code, file, message } = await loadFailure(loadPlugin(folder.path))
  expect([code, file]).toEqual(['EXPORT', folder.at('index.js')])
  expect(message).toMatch('what it exports threw when it was read')
})

it('E2 what a dependency throws, or has wrong, is told with its file', async () => {
  await using folder = await PluginFolder.of({
    'index.js': `import 'dep'\n${answering('1')}`,
    'node_modules/dep/package.json': '{ "name": "dep", "main": "dep.js" }',
    'node_modules/dep/dep.js': 'exports.a = 1\nnull.b',
  })
  const error = await loadFailure(loadPlugin(folder.path))
  expect(error).toMatchObject({ code: 'THREW', file: folder.at('node_modules/dep/dep.js'), line: 2, column: 6 })
  expect(error.cause).toBeInstanceOf(TypeError)
})

it('E3 a load that fails leaves no trace: each of them, one after another and each twice, then the mended file', async () => {
  await using folder = await PluginFolder.of({
    'there.js': 'export const other = 1\nexport const fail = () => { throw new Error("not today") }',
  })
  for (const { text, says } of Object.values(WRONG)) {
    await folder.write({ 'index.ts': text })
    const [first, second] = [await loadFailure(loadPlugin(folder.path)), await loadFailure(loadPlugin(folder.path))]
    expect(first.message).toMatch(says)
    expect(second.message).toBe(first.message)
    await folder.write({ 'index.ts': answering(JSON.stringify(text)) })
    expect(await loadAnswer(folder.path)).toBe(text)
  }
})

it('E3 two versions that fail in different ways say so each, and so does a dependency that is mended', async () => {
  await using folder = await PluginFolder.of({
    'index.js': `import { value } from './value.js'\n${answering('value')}`,
  })
  expect((await loadFailure(loadPlugin(folder.path))).code).toBe('MISSING_MODULE')
  await folder.write({ 'value.js': 'export const value = undefined.value' })
  expect((await loadFailure(loadPlugin(folder.path))).code).toBe('THREW')
  await folder.write({ 'value.js': 'export const value' })
  expect((await loadFailure(loadPlugin(folder.path))).code).toBe('SYNTAX')
  await folder.write({ 'value.js': 'export const value = 1' })
  expect(await loadAnswer(folder.path)).toBe(1)
})

it('E3 loads beside one another, of which some fail, are each their own', async () => {
  await using folder = await PluginFolder.of(
    Object.fromEntries(
      Array.from({ length: 6 }, (_, at) => [
        `${at}/index.js`,
        at % 2 === 0 ? answering(String(at)) : `throw new Error('the ${at}th')`,
      ]),
    ),
  )
  const results = await Promise.allSettled(Array.from({ length: 6 }, (_, at) => loadAnswer(folder.at(String(at)))))
  expect(
    results.map((result) =>
      result.status === 'fulfilled'
        ? result.value
        : (result.reason as Error).message.replace(/[^]*: (the \dth)[^]*/, '$1'),
    ),
  ).toEqual([0, 'the 1th', 2, 'the 3th', 4, 'the 5th'])
})
