/** Reads a literal from left to right. */
export class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length
  }

  /** Passes over spaces, and says how many there were. */
  spaces(): number {
    return this.#while((char) => char === ' ')
  }

  /** Takes `word` if it comes next, in whichever case; `word` is in lower case. */
  take(word: string): boolean {
    const next = this.#text.slice(this.#at, this.#at + word.length)
    if (next.toLowerCase() !== word) return false
    this.#at += word.length
    return true
  }

  /** Takes a decimal number, with or without an exponent; `undefined` where none comes next. */
  number(): number | undefined {
    const start = this.#at
    this.#sign()
    const before = this.#digits()
    const after = this.take('.') ? this.#digits() : 0
    if (before + after === 0) return undefined
    if (this.take('e')) {
      this.#sign()
      if (this.#digits() === 0) return undefined
    }
    return Number(this.#text.slice(start, this.#at))
  }

  #sign(): void {
    if (!this.take('-')) this.take('+')
  }

  #digits(): number {
    return this.#while((char) => char >= '0' && char <= '9')
  }

  #while(passes: (char: string) => boolean): number {
    const start = this.#at
    while (this.#at < this.#text.length && passes(this.#text.charAt(this.#at))) this.#at += 1
    return this.#at - start
  }
}
