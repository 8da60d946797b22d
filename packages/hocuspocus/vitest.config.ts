import { project } from '../../vitest.base.ts'

export default project('@uni/reload-hocuspocus')
