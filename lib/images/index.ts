export { animate, animateFiles, listSnapshots, snapshotName } from './animate.js'
export { checkGridOptions, type GridOptions, ImageBatch } from './batch.js'
export { type GifOptions, gifOf } from './gif.js'
export type { GreyImage, GridOrder } from './grey.js'
