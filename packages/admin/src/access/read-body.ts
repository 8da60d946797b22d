import { RequestProblem } from '../problem.js'

export interface BodyLimits {
  readonly bytes: number
  /** Milliseconds until the last byte. */
  readonly ms: number
}

/** @throws RequestProblem 408, 413. */
export async function readBody(request: Request, { bytes, ms }: BodyLimits): Promise<Uint8Array> {
  const tooLarge = (): RequestProblem => new RequestProblem(413, `At most ${bytes} bytes are read.`)
  if (Number(request.headers.get('content-length')) > bytes) throw tooLarge()
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RequestProblem(408, `It has to be there within ${ms} ms.`))
    }, ms)
  })
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) break
      length += value.length
      if (length > bytes) throw tooLarge()
      chunks.push(value)
    }
  } catch (error) {
    void reader.cancel().catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
  const whole = new Uint8Array(length)
  chunks.reduce((at, chunk) => {
    whole.set(chunk, at)
    return at + chunk.length
  }, 0)
  return whole
}
