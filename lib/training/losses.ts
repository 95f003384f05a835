/** The losses of a training step. */
export interface StepLosses {
  /** The discriminator's loss, without gradient penalties. */
  disc: number
  gen: number
  /** The discriminator's loss on real and on generated images. NaN if the loss has no such parts. */
  real: number
  fake: number
  /** The gradient penalties that are added to the discriminator's loss; 0 for none. */
  r1: number
  r2: number
}

const VALUES = 6
type Six = [number, number, number, number, number, number]

/** Reads the addon's losses: six float32 numbers per step. */
export function stepLosses(buffer: ArrayBuffer): StepLosses[] {
  const values = new Float32Array(buffer)
  return Array.from({ length: values.length / VALUES }, (_, step) => {
    const [disc, gen, real, fake, r1, r2] = values.subarray(step * VALUES) as Float32Array & Six
    return { disc, gen, real, fake, r1, r2 }
  })
}
