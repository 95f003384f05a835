export { EventFile } from './event-file.js'
export { picture, scalars, sessionStart } from './events.js'
