import { project } from '../../vitest.base.ts'

export default project('@uni/cordis-bridge')
