import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import type { DocumentChange } from '../host/document.js'

/** The data of the demo, from the vega-datasets package. */
export interface Dataset {
  readonly movies: readonly DocumentChange[]
  readonly airports: readonly Airport[]
  /** Arrival delays in minutes and distances in miles, a pair per flight. */
  readonly flights: { readonly delays: Int16Array; readonly distances: Int16Array }
}

interface Airport {
  readonly iata: string
  readonly latitude: number
  readonly longitude: number
}

export async function loadDataset(): Promise<Dataset> {
  const data = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data')
  const [movies, airports, flights] = await Promise.all(
    ['movies.json', 'airports.csv', 'flights-200k.arrow'].map((name) => readFile(join(data, name))),
  )
  return {
    movies: (JSON.parse(String(movies)) as Record<string, unknown>[]).map(toDocument),
    airports: String(airports)
      .trim()
      .split('\n')
      .slice(1)
      .map(toAirport)
      .filter((airport) => airport !== undefined),
    flights: toFlights(flights as Buffer),
  }
}

function toDocument(movie: Record<string, unknown>, at: number): DocumentChange {
  const details = ['Director', 'Major Genre', 'Distributor', 'MPAA Rating', 'Release Date', 'Creative Type']
  return {
    id: `movie-${String(at).padStart(4, '0')}`,
    revision: 0,
    deleted: false,
    title: String(movie['Title'] ?? 'Untitled'),
    details: details
      .map((name) => movie[name])
      .filter((value) => value !== null)
      .join(' '),
  }
}

/** The columns that are needed come first and last, so a comma inside a quoted name does no harm. */
function toAirport(line: string): Airport | undefined {
  const cells = line.split(',')
  const [latitude, longitude] = cells.slice(-2).map(Number)
  if (cells[0] === undefined || latitude === undefined || longitude === undefined || Number.isNaN(latitude + longitude))
    return undefined
  return { iata: cells[0], latitude, longitude }
}

function toFlights(ipc: Buffer): Dataset['flights'] {
  const table = tableFromIPC(ipc)
  return {
    delays: table.getChild('delay')?.toArray() as Int16Array,
    distances: table.getChild('distance')?.toArray() as Int16Array,
  }
}
