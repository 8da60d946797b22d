export { fileSpool } from './file-spool.js'
export { fileImage } from './file-image.js'
