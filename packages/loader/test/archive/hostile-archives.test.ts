import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { PluginStore } from '@uni/reload-loader'
import { expect, it } from 'vitest'
import { openPackage } from '../../src/archive/open-package.js'
import type { ArchiveLimits } from '../../src/archive/limits.js'
import { blocksOf, END, paxRecord, tarOf, tgzOf, type TarEntry } from '../fixtures/tarball.js'
import { loadFailure } from '../fixtures/load-failure.js'
import { tempFolder } from '../fixtures/temp-folder.js'
import { treeOf } from '../fixtures/tree-of.js'

const inFolder = tempFolder()

const GOOD: TarEntry = { path: 'package/package.json', content: '{}' }
const named = (path: string): Buffer => tgzOf(GOOD, { path, content: 'x' })
const typed = (type: string, rest: Partial<TarEntry> = {}): Buffer => tgzOf(GOOD, { path: 'package/it', type, ...rest })
const raw = (...parts: readonly Buffer[]): Buffer => gzipSync(Buffer.concat(parts))
const long = (path: string): Buffer => tgzOf(GOOD, { path: 'package/x', content: 'x', pax: paxRecord('path', path) })

const HOSTILE: readonly [name: string, archive: () => Buffer, reason: RegExp, limits?: ArchiveLimits][] = [
  ['a symbolic link', () => typed('SymbolicLink', { linkpath: '/etc/passwd' }), /"package\/it" is a symbolic link/],
  ['a symbolic link within', () => typed('SymbolicLink', { linkpath: 'package.json' }), /is a symbolic link/],
  ['a hard link', () => typed('Link', { linkpath: 'package/package.json' }), /is a hard link/],
  ['a character device', () => typed('CharacterDevice'), /is a device/],
  ['a block device', () => typed('BlockDevice'), /is a device/],
  ['a named pipe', () => typed('FIFO'), /is a named pipe/],
  ['an entry of GNU tar', () => typed('GNUDumpDir'), /is of type "GNUDumpDir"/],
  ['a contiguous file', () => typed('ContiguousFile'), /is of type "ContiguousFile"/],
  ['a sparse file', () => typed('SparseFile'), /is of type "SparseFile"/],
  ['..', () => named('package/../../outside'), /leaves the plugin's folder/],
  ['.. as the root', () => tgzOf({ path: '../outside', content: 'x' }), /leaves the plugin's folder/],
  ['.. that comes back', () => named('package/a/../b'), /leaves the plugin's folder/],
  ['.. in an extended header', () => long('package/../../outside'), /leaves the plugin's folder/],
  [
    '.. in a long name',
    () => tgzOf(GOOD, { path: 'package/x', longName: 'package/../../x' }),
    /leaves the plugin's folder/,
  ],
  ['.', () => named('package/./b'), /empty part/],
  ['an empty part', () => named('package//b'), /empty part/],
  ['an absolute name', () => named('/etc/cron.d/x'), /has an absolute name/],
  ['a drive', () => named('C:/Windows/x'), /name of a drive/],
  ['a stream of NTFS', () => named('package/x.js:y'), /not every system/],
  ['a backslash', () => named('package\\..\\..\\x'), /backslash/],
  ['a control character', () => named('package/a\u001b[2J'), /control character/],
  ['a line feed in an extended header', () => long('package/a\nb'), /an extended header in it sets "path"/],
  ['CON', () => named('package/CON'), /device of Windows/],
  ['nul.js', () => named('package/lib/nul.js'), /device of Windows/],
  ['COM¹', () => named('package/COM¹.txt'), /device of Windows/],
  ['a dot at the end', () => named('package/lib./x'), /dot or a space/],
  ['a space at the end', () => named('package/lib /x'), /dot or a space/],
  ['another case', () => tgzOf(GOOD, { path: 'package/Package.json' }), /has the name of "package\/package.json"/],
  ['another case of a folder', () => tgzOf({ path: 'p/a/x' }, { path: 'p/A/y' }), /has the name of "p\/a"/],
  ['another composition', () => tgzOf({ path: 'p/\u00e4' }, { path: 'p/a\u0308' }), /has the name of/],
  ['a name twice', () => tgzOf(GOOD, { ...GOOD, content: '{"main":"x"}' }), /is there twice/],
  [
    'a folder twice',
    () => tgzOf(GOOD, ...['', ''].map(() => ({ path: 'package/a/', type: 'Directory' }))),
    /is there twice/,
  ],
  ['a file that is a folder', () => tgzOf({ path: 'p/a' }, { path: 'p/a/b' }), /both a file and a folder/],
  ['a folder that is a file', () => tgzOf({ path: 'p/a/b' }, { path: 'p/a' }), /both a file and a folder/],
  [
    'a folder entry that is a file',
    () => tgzOf({ path: 'p/a/', type: 'Directory' }, { path: 'p/a' }),
    /both a file and/,
  ],
  ['two roots', () => tgzOf(GOOD, { path: 'other/x' }), /is not in the folder "package"/],
  ['a file without a folder', () => tgzOf({ path: 'package.json' }), /is in no folder/],
  ['a long part', () => long(`package/${'a'.repeat(256)}`), /a part of more than 255 bytes/],
  ['a long name', () => long(`package/${'aaaaaaa/'.repeat(128)}x`), /a name of more than 1024 bytes/],
  ['a deep folder', () => long(`package/${'a/'.repeat(64)}x`), /more than 64 folders deep/],
  ['a name that is cut off by a zero', () => long('package/x\0/../../y'), /an extended header in it sets "path"/],
  [
    'an entry within the content of another',
    () => tgzOf({ path: 'p/x', content: Buffer.concat(blocksOf(GOOD)), pax: paxRecord('size', '0') }),
    /has two lengths: 0 and 1024 bytes/,
  ],
  ['a name that is not UTF-8', () => gzipSync(latin1(tarOf(GOOD, { path: 'package/NAME' }))), /is not UTF-8/],
  [
    'a type in an extended header',
    () => tgzOf(GOOD, { path: 'p', pax: paxRecord('type', 'Directory') }),
    /sets "type"/,
  ],
  [
    'a link in an extended header',
    () => tgzOf(GOOD, { path: 'p', pax: paxRecord('linkpath', '/etc') }),
    /sets "linkpath"/,
  ],
  [
    'sparse data in an extended header',
    () => tgzOf(GOOD, { path: 'p', pax: paxRecord('GNU.sparse.major', '1') }),
    /sets "GNU/,
  ],
  [
    'an extended header that is none',
    () => tgzOf(GOOD, { path: 'p', pax: '99 path=x\n' }),
    /an extended header in it sets/,
  ],
  [
    'a length in a global header',
    () => tgzOf({ path: 'g', type: 'GlobalExtendedHeader', content: paxRecord('size', '1') }, GOOD),
    /has two lengths: 1 and 2/,
  ],
  [
    'a name in a global header',
    () => tgzOf({ path: 'g', type: 'GlobalExtendedHeader', content: paxRecord('path', 'package/x') }, GOOD),
    /a global header in it names/,
  ],
  [
    'an extended header that is too long',
    () => tgzOf(GOOD, { path: 'p', pax: paxRecord('comment', randomBytes(2 ** 20).toString('hex')) }),
    /too long/,
  ],
  [
    'a name within the comment of an extended header',
    () => tgzOf(GOOD, { path: 'package/x', pax: paxRecord('comment', `\n${paxRecord('path', 'package/y')}`) }),
    /sets "comment"/,
  ],
  ['a header with another checksum', () => raw(damaged(blocksOf(GOOD)), END), /checksum/],
  ['nothing', () => Buffer.alloc(0), /not whole|no tar file/],
  ['something else', () => Buffer.from('PK\u0003\u0004 a zip file'), /not compressed with gzip/],
  ['a tar file that is not compressed', () => tarOf(GOOD), /not compressed with gzip/],
  ['no file', () => tgzOf(), /no file in it|no tar file/],
  ['only a folder', () => tgzOf({ path: 'package/', type: 'Directory' }), /no file in it/],
  ['no end', () => raw(...blocksOf(GOOD)), /its end is missing/],
  ['half an end', () => raw(...blocksOf(GOOD), END.subarray(512)), /its end is missing/],
  ['a file that is cut off', () => raw(...blocksOf({ ...GOOD, size: 5000 })), /its end is missing/],
  ['a file that swallows the end', () => raw(...blocksOf({ ...GOOD, size: 600 }), END), /its end is missing/],
  ['a compressed file that is cut off', () => tgzOf(GOOD).subarray(0, -9), /not whole/],
  ['something behind the compressed file', () => Buffer.concat([tgzOf(GOOD), Buffer.from('more')]), /not whole/],
  ['something behind its end', () => raw(tarOf(GOOD), Buffer.from('more')), /behind its end/],
  ['an entry behind its end', () => raw(tarOf(GOOD), tarOf({ path: 'package/x' })), /behind its end/],
  [
    'an entry behind half an end',
    () => raw(...blocksOf(GOOD), END.subarray(512), tarOf({ path: 'package/x' })),
    /behind its end/,
  ],
  ['another archive behind it', () => Buffer.concat([tgzOf(GOOD), tgzOf({ path: 'package/x' })]), /behind its end/],
  ['an archive that is compressed twice', () => gzipSync(tgzOf(GOOD)), /compressed twice/],
  ['a bomb', () => tgzOf({ path: 'package/x', content: Buffer.alloc(2 ** 25) }), /grows to more than 100 times/],
  ['a bomb in a bomb', () => gzipSync(tgzOf({ path: 'p/x', content: Buffer.alloc(2 ** 25) })), /compressed twice/],
  [
    'too much',
    () => tgzOf({ path: 'package/x', content: Buffer.alloc(5000) }),
    /more than 4096 bytes/,
    { bytes: 4096 },
  ],
  [
    'too many entries',
    () => tgzOf(GOOD, { path: 'package/x' }, { path: 'package/y' }),
    /more than 2 entries/,
    { entries: 2 },
  ],
  ['too long an archive', () => tgzOf(GOOD), /and 10 are the limit/, { packedBytes: 10 }],
]

/** With another name, of the same length and the same sum. */
function latin1(tar: Buffer): Buffer {
  const at = tar.indexOf('NAME')
  tar.set([0x80, 0x35, 0x36, 0x36], at)
  return tar
}

function damaged([header, ...rest]: readonly Buffer[]): Buffer {
  const other = Buffer.from(header as Buffer)
  other[5] = 65
  return Buffer.concat([other, ...rest])
}

it.each(HOSTILE)('A1 A2 %s is refused with its reason, and nothing is written', async (_, archive, reason, limits) => {
  await using store = await PluginStore.open(inFolder('host', 'store'), { journal: 'none' })
  await writeFile(inFolder('plugin.tgz'), archive())
  const before = await treeOf(inFolder())
  const error = await loadFailure(openPackage(inFolder('plugin.tgz'), store, { limits }))
  expect(error).toMatchObject({ code: 'ARCHIVE', file: inFolder('plugin.tgz') })
  expect(error.message).toMatch(reason)
  expect(error.hint).toMatch(/^Nothing of it was (?:written|read)\./)
  expect(await treeOf(inFolder())).toEqual(before)
})

it('A1 what is no file is refused, and one that is not there said to be missing', async () => {
  await using store = await PluginStore.open(inFolder('store'), { journal: 'none' })
  await mkdir(inFolder('folder.tgz'))
  await symlink('/dev/zero', inFolder('device.tgz'))
  for (const name of ['folder.tgz', 'device.tgz']) {
    expect(await loadFailure(openPackage(inFolder(name), store, {}))).toMatchObject({ code: 'ARCHIVE' })
  }
  expect(await loadFailure(openPackage(inFolder('none.tgz'), store, {}))).toMatchObject({ code: 'NOT_FOUND' })
})
