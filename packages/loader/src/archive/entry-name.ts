/** In UTF-8: what file systems take for one name, and Windows for a path without its drive and folder. */
const LONGEST_SEGMENT = 255
const LONGEST_PATH = 1024
const DEEPEST = 64

/** Names that Windows takes for a device in any folder, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])$/i

/**
 * Why an entry of an archive must not have this name; `undefined` where it may. It has to name the same file below a
 * folder, and no other, on every system that a plugin may be unpacked on.
 */
export function nameProblem(name: string): string | undefined {
  if (name.includes('\\')) return 'has a backslash in its name, which separates folders elsewhere'
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has a control character in its name'
  if (name.includes('\ufffd')) return 'has a name that is not UTF-8'
  if (name.startsWith('/')) return 'has an absolute name'
  if (/^[a-z]:/i.test(name)) return 'has the name of a drive in its name'
  if (Buffer.byteLength(name) > LONGEST_PATH) return `has a name of more than ${LONGEST_PATH} bytes`
  const segments = name.replace(/\/$/, '').split('/')
  if (segments.length > DEEPEST) return `lies more than ${DEEPEST} folders deep`
  for (const segment of segments) {
    const problem = segmentProblem(segment)
    if (problem !== undefined) return problem
  }
  return undefined
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '..') return "leaves the plugin's folder"
  if (segment === '' || segment === '.') return 'has an empty part in its name'
  if (Buffer.byteLength(segment) > LONGEST_SEGMENT)
    return `has a part of more than ${LONGEST_SEGMENT} bytes in its name`
  if (/[<>:"|?*]/.test(segment)) return 'has a character in its name that not every system takes'
  if (/[. ]$/.test(segment)) return 'has a part in its name that ends with a dot or a space, which Windows leaves out'
  if (DEVICE.test((segment.split('.')[0] as string).trimEnd())) return 'has the name of a device of Windows'
  return undefined
}

/** Names that are the same to a file system that looks neither at case nor at how a character is composed. */
export function foldedName(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}
