import { RequestProblem } from '../problem.js'

/** So many wrong tokens in a minute are answered with 401, and all others with 429. */
const MAX_FAILURES = 20
const WINDOW_MS = 60_000

/**
 * Lets in who has the token. A right one is let in always, so that nobody can lock the operator out by trying wrong
 * ones.
 */
export class TokenCheck {
  readonly #expected: Promise<ArrayBuffer>
  #failures = 0
  #since = 0

  constructor(token: string) {
    this.#expected = digestOf(token)
  }

  /** @throws RequestProblem 401 or 429. */
  async check(request: Request): Promise<void> {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    if (given !== undefined && isEqual(await digestOf(given), await this.#expected)) return
    const now = Date.now()
    if (now - this.#since >= WINDOW_MS) {
      this.#since = now
      this.#failures = 0
    }
    this.#failures += 1
    if (this.#failures > MAX_FAILURES) {
      const seconds = Math.ceil((this.#since + WINDOW_MS - now) / 1000)
      throw new RequestProblem(429, 'Look the token up before you try again.', { 'retry-after': String(seconds) })
    }
    throw new RequestProblem(401, 'Send it as `Authorization: Bearer …`.', { 'www-authenticate': 'Bearer' })
  }
}

function digestOf(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
}

/** Looks at every byte, wherever the first difference is: how long it takes tells nothing of the token. */
function isEqual(one: ArrayBuffer, other: ArrayBuffer): boolean {
  const others = new Uint8Array(other)
  return new Uint8Array(one).reduce((difference, byte, at) => difference | (byte ^ (others[at] as number)), 0) === 0
}
