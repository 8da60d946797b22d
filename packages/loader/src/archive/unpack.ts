import { gunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { archiveError, quoted } from './archive-error.js'
import { unpackedLimit, type CheckedLimits } from './limits.js'
import { PackageTree, type PackageFile } from './package-tree.js'

const BLOCK = 512
/** How what gzip and zstd have compressed begins. */
const PACKED = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])]
const EXECUTABLE = 0o111
/** What an extended header may say of the entry that follows it: nothing that changes what it is. */
const HARMLESS =
  /^(?:path|size|mtime|atime|ctime|uid|gid|uname|gname|comment|hdrcharset|charset|LIBARCHIVE\..*|SCHILY\..*)$/
const WHAT: Readonly<Record<string, string>> = {
  Link: 'is a hard link',
  SymbolicLink: 'is a symbolic link',
  CharacterDevice: 'is a device',
  BlockDevice: 'is a device',
  FIFO: 'is a named pipe',
}

/**
 * The files of an archive as `npm pack` makes it: a tar file, compressed with gzip, with one folder. Everything is read
 * and checked in memory.
 *
 * @param archive its path, for errors.
 * @throws LoadError `ARCHIVE` where it holds what it must not, or more than it may, or is not whole.
 */
export async function unpack(
  archive: string,
  packed: Uint8Array,
  limits: CheckedLimits,
): Promise<ReadonlyMap<string, PackageFile>> {
  const tar = await inflated(archive, packed, limits)
  // The parser would unpack what is packed twice, without these limits.
  if (PACKED.some((magic) => tar.subarray(0, magic.length).equals(magic))) {
    throw archiveError(archive, 'it is compressed twice')
  }
  const tree = new PackageTree(archive, limits.entries)
  const refused = (problem: string): Error => archiveError(archive, problem)
  let zeroBlocks = 0
  // Where the next header is: what it says of itself is compared with what the parser made of it.
  let at = 0
  const passed = (content: number): void => {
    at += BLOCK + BLOCK * Math.ceil(content / BLOCK)
  }
  const begun = (): void => {
    if (zeroBlocks > 0) throw refused('something lies behind its end')
  }
  const parser = new Parser({ strict: true, gzip: false, brotli: false, zstd: false })
  parser.on('error', (error: Error) => {
    throw refused(`it is no tar file, or not whole: ${error.message}`)
  })
  parser.on('nullBlock', () => {
    zeroBlocks += 1
  })
  parser.on('eof', () => {
    zeroBlocks += 1
  })
  parser.on('meta', (text: string) => {
    begun()
    const key = strangeKey(text)
    if (key !== undefined) throw refused(`an extended header in it sets ${quoted(key)}`)
    passed(Buffer.byteLength(text))
  })
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    throw refused(`entry ${quoted(entry.path)} is of type ${quoted(entry.type)}, or its header is too long`)
  })
  parser.on('entry', (entry: ReadEntry) => {
    begun()
    const { path, type, mode = 0 } = entry
    if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') {
      throw refused(`entry ${quoted(path)} ${WHAT[type] ?? `is of type ${quoted(type)}`}`)
    }
    if (entry.globalExtended?.path !== undefined) throw refused('a global header in it names the entries that follow')
    if (type !== 'Directory' && lengthAt(tar, at) !== entry.size) {
      throw refused(`entry ${quoted(path)} has two lengths: ${entry.size} and ${lengthAt(tar, at)} bytes`)
    }
    passed(entry.size)
    tree.announce(path, type === 'Directory' ? 'folder' : 'file')
    const chunks: Buffer[] = []
    entry.on('data', (chunk: Buffer) => chunks.push(chunk))
    entry.on('end', () => {
      if (type === 'Directory') return
      tree.add(path, { content: Buffer.concat(chunks), executable: (mode & EXECUTABLE) !== 0 })
    })
  })
  // Its end is two blocks of zeros, and nothing but zeros is to follow it.
  const end = endOfContent(tar)
  parser.write(tar.subarray(0, end))
  if (zeroBlocks > 0) throw refused('something lies behind its end')
  parser.write(tar.subarray(end))
  if (zeroBlocks < 2) throw refused('it is no tar file, or not whole: its end is missing')
  if (tree.files.size === 0) throw refused('there is no file in it')
  return tree.files
}

/** Where the blocks begin that are all zeros. */
function endOfContent(tar: Buffer): number {
  let end = tar.length
  while (end > 0 && tar[end - 1] === 0) end -= 1
  return Math.min(tar.length, Math.ceil(end / BLOCK) * BLOCK)
}

/** What the header at a place says of how many bytes follow it, in octal (POSIX ustar). */
function lengthAt(tar: Buffer, at: number): number {
  return Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8)
}

async function inflated(archive: string, packed: Uint8Array, limits: CheckedLimits): Promise<Buffer> {
  const { bytes, reason } = unpackedLimit(packed.byteLength, limits)
  return await new Promise((resolve, reject) => {
    gunzip(packed, { maxOutputLength: bytes }, (error, content) => {
      if (error === null) resolve(content)
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        reject(archiveError(archive, reason, 'Nothing of it was written. If that is meant, raise the limits.', error))
      } else reject(archiveError(archive, `it is not compressed with gzip, or not whole: ${error.message}`))
    })
  })
}

/**
 * The first key of an extended header (POSIX pax: `<length> <key>=<value>\n`) that must not be there, or has a value
 * that programs read in different ways; or the text that cannot be read as one. A long name of GNU tar is no such
 * header.
 */
function strangeKey(text: string): string | undefined {
  if (!/^\d+ /.test(text)) return undefined
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    const [head = '', digits = '', key = ''] = /^(\d+) ([^=]+)=/.exec(rest.toString()) ?? []
    const length = Number(digits)
    if (head === '' || length > rest.length || rest[length - 1] !== 0x0a) return rest.toString().slice(0, 40)
    // oxlint-disable-next-line no-control-regex
    if (!HARMLESS.test(key) || /[\u0000-\u001f]/.test(rest.toString('utf8', head.length, length - 1))) return key
    rest = rest.subarray(length)
  }
  return undefined
}
