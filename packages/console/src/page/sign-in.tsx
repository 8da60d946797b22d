import { useState } from 'preact/hooks'
import { Api, Refusal } from './api.js'

export function SignIn({ onToken }: { readonly onToken: (token: string) => void }) {
  const [problem, setProblem] = useState('')
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const token = String(new FormData(event.currentTarget as HTMLFormElement).get('token')).trim()
    try {
      await new Api(token).get('v1/plugins')
      onToken(token)
    } catch (error) {
      setProblem(error instanceof Refusal ? error.message : 'The host cannot be reached.')
    }
  }
  return (
    <main class="sign-in">
      <h1>uni-reload</h1>
      <form onSubmit={(event) => void submit(event)}>
        <label for="token">Token of the host</label>
        <input id="token" name="token" type="password" autocomplete="off" required aria-describedby="problem" />
        <button type="submit">Look</button>
      </form>
      <p id="problem" role="alert">
        {problem}
      </p>
      <p>The host has shown it when it was started for the first time, and keeps it in a file.</p>
    </main>
  )
}
