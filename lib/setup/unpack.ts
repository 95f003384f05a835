import fs from 'node:fs'
import { LIBRARY, MOVE_CACHE } from './cache.js'
import { failure } from './failure.js'
import { nvidiaRequirements } from './pip.js'
import { duration, line, size } from './report.js'
import { ZipFile } from './zip.js'

// Python's side of PyTorch, and its own tests.
const NOT_NEEDED =
  /^lib(torch_python|shm|torchbind_test|jitbackend_test|backend_with_compiler|aoti_custom_ops)\./

/**
 * Unpacks LibTorch's libraries and headers from its archive or from a PyTorch wheel to `<target>/torch`. Returns what the
 * wheel requires of NVIDIA's packages.
 */
export async function unpackLibTorch(file: string, target: string): Promise<string[]> {
  return withZip(file, async zip => {
    const marker = zip.find(/^[^/]*\/?lib\/libtorch\.so$/)
    if (marker === undefined) {
      throw failure(
        'ERR_DCGAN_IO',
        `${file} holds no LibTorch: it has no lib/libtorch.so.`,
        'Give a LibTorch archive (libtorch-shared-with-deps-….zip) or a PyTorch wheel.',
      )
    }
    const prefix = marker.replace(/lib\/libtorch\.so$/, '')
    const started = Date.now()
    const { files, bytes } = await zip.extract(target, name => placeLibTorch(prefix, name), MOVE_CACHE)
    line(`  unpacked ${files} files, ${size(bytes)}, in ${duration(Date.now() - started)}`)
    return nvidiaRequirements(await zip.text(/^[^/]+\.dist-info\/METADATA$/))
  })
}

/** `prefix`: the folder inside the archive, with its slash. */
function placeLibTorch(prefix: string, name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined
  const inner = name.slice(prefix.length)
  const library = /^lib\/([^/]+)$/.exec(inner)?.[1]
  const wanted = library ? LIBRARY.test(library) && !NOT_NEEDED.test(library) : inner.startsWith('include/')
  return wanted ? `torch/${inner}` : undefined
}

/**
 * Unpacks the libraries and headers of NVIDIA's wheels to `<target>/nvidia`, where LibTorch looks for them, and deletes
 * each wheel when it is unpacked. Returns their bytes.
 */
export async function unpackNvidia(wheels: string[], target: string): Promise<number> {
  let sum = 0
  for (const wheel of wheels) {
    const { bytes } = await withZip(wheel, zip => zip.extract(target, placeNvidia, MOVE_CACHE))
    sum += bytes
    fs.rmSync(wheel)
  }
  return sum
}

function placeNvidia(name: string): string | undefined {
  const folder = /^nvidia\/[^/]+\/(lib|include)\/./.exec(name)?.[1]
  return folder === 'include' || (folder === 'lib' && LIBRARY.test(name)) ? name : undefined
}

async function withZip<T>(file: string, use: (zip: ZipFile) => Promise<T>): Promise<T> {
  const zip = await ZipFile.open(file)
  try {
    return await use(zip)
  } finally {
    zip.close()
  }
}
