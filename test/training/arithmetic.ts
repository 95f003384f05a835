import { training } from '../../lib/native/engines'

/** The variable with which models compute bfloat16 in plain C++, as every processor can. See CONTRIBUTING.md. */
export const PLAIN_BFLOAT16 = 'LIBTORCH_DCGAN_PLAIN_BFLOAT16'

const everywhere = ['float32', 'plain-bfloat16'] as const

/** The arithmetics of models on this processor: 'bfloat16' by its own instructions is missing where it has none. */
export const ARITHMETICS: readonly Arithmetic[] = training().info().bfloat16
  ? ([...everywhere, 'bfloat16'] as const)
  : everywhere

export type Arithmetic = 'float32' | 'bfloat16' | 'plain-bfloat16'

/** Has the models of this describe block, or of this file, compute so. Returns their `precision`. */
export function computeIn(arithmetic: Arithmetic): 'float32' | 'bfloat16' {
  const before = process.env[PLAIN_BFLOAT16]
  beforeAll(() => {
    if (arithmetic === 'plain-bfloat16') process.env[PLAIN_BFLOAT16] = '1'
  })
  afterAll(() => {
    if (before === undefined) delete process.env[PLAIN_BFLOAT16]
    else process.env[PLAIN_BFLOAT16] = before
  })
  return arithmetic === 'float32' ? 'float32' : 'bfloat16'
}

/** The ways to compute steps in bfloat16 here, each once: the products of the plain step are LibTorch's in either case. */
export function stepsInBfloat16() {
  const fused = ARITHMETICS.filter(precision => precision !== 'float32')
  return [
    ...fused.map(precision => ({ precision, kernels: 'auto' as const })),
    { precision: 'plain-bfloat16' as const, kernels: 'plain' as const },
  ]
}
