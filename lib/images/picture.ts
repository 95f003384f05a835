import { checkOptions, checkSwitch } from '../internal/options.js'
import { checkGap, checkPixels, checkScale, enlarge, type GreyImage, invert, surround } from './grey.js'

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
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
 */
export function drawPicture(image: GreyImage, options: PngOptions | undefined): GreyImage {
  if (options === undefined) return image
  const checks = { scale: checkScale, invert: checkSwitch, gap: checkGap }
  const { scale, invert: inverted, gap } = checkOptions('the options of png()', options, checks)
  checkPixels((image.width + 2 * gap) * scale, (image.height + 2 * gap) * scale, 'scale and gap')
  const picture = enlarge(surround(image, gap), scale)
  return inverted ? invert(picture) : picture
}
