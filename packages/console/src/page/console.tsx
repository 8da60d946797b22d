import { useMemo, useState } from 'preact/hooks'
import { Api } from './api.js'
import { Host } from './host.js'
import { SignIn } from './sign-in.js'

const KEPT = 'uni-reload-token'

/** The page: a token first, and then the host. The token is kept until the tab is closed. */
export function Console() {
  const [token, setToken] = useState(() => sessionStorage.getItem(KEPT) ?? '')
  const api = useMemo(() => new Api(token), [token])
  const leave = (): void => {
    sessionStorage.removeItem(KEPT)
    setToken('')
  }
  const enter = (given: string): void => {
    sessionStorage.setItem(KEPT, given)
    setToken(given)
  }
  return token === '' ? <SignIn onToken={enter} /> : <Host api={api} onLeave={leave} />
}
