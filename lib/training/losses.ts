/** The losses of a training step. */
export interface StepLosses {
  /** The discriminator's loss, without gradient penalties. */
  discLoss: number
  genLoss: number
  /** The discriminator's loss on real and on generated images. NaN if the loss has no such parts. */
  discLossReal: number
  discLossFake: number
  /** The gradient penalties that are added to the discriminator's loss; 0 for none. */
  r1: number
  r2: number
}

const VALUES = 6
type Six = Float32Array & [number, number, number, number, number, number]

/** Reads the addon's losses: six float32 numbers per step. */
export function stepLosses(buffer: ArrayBuffer): StepLosses[] {
  const values = new Float32Array(buffer)
  return Array.from({ length: values.length / VALUES }, (_, step) => {
    const [discLoss, genLoss, discLossReal, discLossFake, r1, r2] = values.subarray(step * VALUES) as Six
    return { discLoss, genLoss, discLossReal, discLossFake, r1, r2 }
  })
}
