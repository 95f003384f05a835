import { duration, line, size } from '../internal/report.js'
import { unzip } from '../internal/unzip.js'
import { LIBRARY } from './cache.js'

// These libraries belong to PyTorch's Python package and to its tests.
const NOT_NEEDED =
  /^lib(torch_python|shm|torchbind_test|jitbackend_test|backend_with_compiler|aoti_custom_ops)\./

/**
 * Unpacks LibTorch's libraries and headers from its archive or from a PyTorch wheel to `<target>/torch`. Returns whether
 * it is a wheel: the archive has NVIDIA's libraries, and a wheel has none.
 */
export async function unpackLibTorch(file: string, target: string): Promise<boolean> {
  const started = Date.now()
  let wheel = false
  const bytes = await unzip(file, target, name => {
    wheel ||= name.endsWith('.dist-info/METADATA')
    const [, inner = '', library] = /^(?:(?:lib)?torch\/)?(include\/.+|lib\/([^/]+))$/.exec(name) ?? []
    const wanted = library ? LIBRARY.test(library) && !NOT_NEEDED.test(library) : inner !== ''
    return wanted ? `torch/${inner}` : undefined
  })
  line(`  unpacked ${size(bytes)} in ${duration(started)}`)
  return wheel
}

/** Unpacks the libraries and headers of a wheel of NVIDIA's to `<target>/nvidia`, where LibTorch looks for them. */
export async function unpackNvidia(file: string, target: string): Promise<void> {
  await unzip(file, target, name => {
    const folder = /^nvidia\/[^/]+\/(lib|include)\/./.exec(name)?.[1]
    return folder === 'include' || (folder === 'lib' && LIBRARY.test(name)) ? name : undefined
  })
}
