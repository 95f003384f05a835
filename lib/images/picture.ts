import { checkBoolean, checkInteger, checkKeys } from '../internal/options.js'
import { checkPixels, checkScale, enlarge, type GreyImage, invert, MAX_PIXELS, surround } from './grey.js'

/** Options of a picture of one image. */
export interface PngOptions {
  /** Draws each pixel as a square with sides of this many pixels, from 1. Default 1. */
  scale?: number | undefined
  /** Draws black digits on white. Default false: white on black, as in MNIST. */
  invert?: boolean | undefined
  /** Empty pixels around the image, from 0; `scale` enlarges them too. Default 0. */
  gap?: number | undefined
}

/**
 * Draws one image as a picture.
 *
 * @internal
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
 */
export function drawPicture(image: GreyImage, options: PngOptions | undefined): GreyImage {
  if (options === undefined) return image
  const given = checkKeys('the options of png()', options, ['scale', 'invert', 'gap'])
  const scale = checkScale(given.scale)
  const gap = given.gap === undefined ? 0 : checkInteger('gap', given.gap, 0, MAX_PIXELS)
  const inverted = checkBoolean('invert', given.invert, false)
  checkPixels((image.width + 2 * gap) * scale, (image.height + 2 * gap) * scale, 'scale and gap')
  const picture = enlarge(surround(image, gap), scale)
  return inverted ? invert(picture) : picture
}
