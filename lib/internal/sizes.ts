/** The side of an image, in pixels. */
export const SIDE = 28
/** The grey levels of an image. */
export const PIXELS = SIDE * SIDE
/** The features that the generator's first layer makes: 256 maps of 7×7. */
export const FEATURES = 256 * 7 * 7
