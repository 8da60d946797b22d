import { Bool, Field, Float64, Int32, Schema, Utf8 } from 'apache-arrow'

/** One row a change to a document: the rows of one commit. Also the mutations of a CDC batch. */
export const changeSchema = new Schema([
  new Field('id', new Utf8()),
  new Field('revision', new Int32()),
  new Field('deleted', new Bool()),
  new Field('title', new Utf8()),
  new Field('details', new Utf8()),
])

/** A full-text query: one row. An empty text asks for every document. */
export const querySchema = new Schema([new Field('text', new Utf8())])

/** Its answer, best first. */
export const answerSchema = new Schema([
  new Field('id', new Utf8()),
  new Field('revision', new Int32()),
  new Field('score', new Float64()),
])
