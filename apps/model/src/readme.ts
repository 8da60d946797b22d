import { readFile } from 'node:fs/promises'
import { MODELS, type Model } from './model.js'

/** The rows about a model's faults that the README has to have, as its header gives them. */
function faultRows({ faults }: Model): string[] {
  return faults.map(({ name, by, text }) => `| \`${name}\` | ${by} | ${text} |`)
}

/** Rows that the README lacks: it says something else than the models do. */
export async function missingFromReadme(models: readonly Model[]): Promise<string[]> {
  const readme = await readFile(`${MODELS}README.md`, 'utf8')
  return models.flatMap((model) =>
    faultRows(model)
      .filter((row) => !readme.includes(row))
      .map((row) => `docs/model/README.md does not have this row about ${model.name}:\n  ${row}`),
  )
}
