import { open, type FileHandle } from 'node:fs/promises'

/** How much of each write a full disk takes. */
const BYTES_TAKEN = 10

/** Has every file of this process find the disk full in the middle of a write. Resolves with what makes room again. */
export async function fullDisk(): Promise<() => void> {
  const some = await open(import.meta.filename)
  await some.close()
  const handles = Object.getPrototypeOf(some) as FileHandle
  const write = Object.getOwnPropertyDescriptor(handles, 'write') as PropertyDescriptor & {
    readonly value: (...args: unknown[]) => Promise<unknown>
  }
  Object.defineProperty(handles, 'write', {
    ...write,
    async value(this: FileHandle, bytes: Uint8Array, offset: number, length: number, position: number) {
      await write.value.call(this, bytes, offset, Math.min(BYTES_TAKEN, length), position)
      throw Object.assign(new Error('no space left on the disk'), { code: 'ENOSPC' })
    },
  })
  return () => {
    Object.defineProperty(handles, 'write', write)
  }
}
