import type { NativeState, NativeTensor } from '../native/types.js'

const AVERAGE = 'average.generator.'

/** Returns the tensors of the generator that makes a state's images: the average, if there is one. */
export function servedGenerator({ tensors }: Pick<NativeState, 'tensors'>): NativeTensor[] {
  const average = tensors.filter(({ name }) => name.startsWith(AVERAGE))
  if (average.length === 0) return tensors.filter(({ name }) => name.startsWith('generator.'))
  return average.map(tensor => ({ ...tensor, name: tensor.name.replace('average.', '') }))
}

/** Returns a whole state with an average, or without one. A new average begins as the generator. */
export function withAverage(state: NativeState, wanted: boolean): NativeState {
  const others = state.tensors.filter(({ name }) => !name.startsWith(AVERAGE))
  if (!wanted) return { ...state, tensors: others }
  const average = servedGenerator(state).map(tensor => ({ ...tensor, name: `average.${tensor.name}` }))
  return { ...state, tensors: [...others, ...average] }
}
