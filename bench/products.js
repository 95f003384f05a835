// npm run bench -- products: compares our float32 product with LibTorch's at each level of this processor.

import { createRequire } from 'node:module'
import path from 'node:path'
import { LEVELS, levelOf } from '../test/tools/levels.js'

const { buildNative, run } = createRequire(import.meta.url)('../test/tools/native-build.js')

const { folder, libtorch } = buildNative(['products_bench'])
for (const { level, variables } of LEVELS) {
  const env = { ...process.env, ...variables }
  if (levelOf(env) !== level) continue
  // LibTorch's product has no level below AVX2, and ours is the same above AVX-512.
  if (level !== 'avx2' && level !== 'avx512') continue
  run(path.join(folder, 'products_bench'), [], { ...env, LD_LIBRARY_PATH: path.join(libtorch, 'lib') })
}
