'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { requireSpace } = require('../../files/disk.js')
const { cacheFolder } = require('../../libtorch/cache.js')
const { fetchLibTorch } = require('../../libtorch/fetch.js')
const { describeLibTorch } = require('../../libtorch/find.js')
const { nvidiaWheels } = require('../../libtorch/nvidia.js')
const { requirePinned } = require('../../libtorch/pinned.js')
const { findPip, noPip, pipDownload } = require('../../libtorch/pip.js')
const { unpackLibTorch, unpackNvidia } = require('../../libtorch/unpack.js')
const { hashFile } = require('../../files/hash.js')
const { Problem } = require('../../problem.js')
const { crossTool, platformOf } = require('./platforms.js')

/**
 * The wheel of PyPI, which is built with CUDA. Without its CUDA libraries it is a LibTorch for the CPU that serves for
 * building and testing the addon, where PyTorch's own site cannot be reached.
 */
const PYPI = {
  platform: 'linux-arm64',
  requirement: 'torch==2.13.0',
  sha256: '092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c',
  // Those of CUDA's libraries that libtorch_cpu.so itself is linked with.
  nvidia: {
    'nvidia-cuda-runtime==13.0.96': /libcudart\.so\.\d+$/,
    'nvidia-cuda-cupti==13.0.85': /libcupti\.so\.\d+$/,
  },
  // The release of the catalogue that is built with the same CUDA 13.0, whose wheels are pinned.
  cuda: '2.14.1',
  disk: 2_500_000_000,
}
const CUDA_LIBRARY = /^lib(torch|torch_cuda\w*|c10_cuda|torch_nvshmem|caffe2_nvrtc)\.so$/

/**
 * LibTorch for the CPU of another platform: the folder that LIBTORCH_LINUX_ARM64 (LIBTORCH_LINUX_X64) names, otherwise
 * the release that set-up fetches there, otherwise what can be made of PyPI's wheel.
 *
 * @param {string} platform
 * @param {import('../../terminal.js').Output} terminal
 * @param {import('../../tools.js').Env} [env]
 * @returns {Promise<import('../../libtorch/find.js').LibTorchInfo>}
 */
async function crossLibTorch(platform, terminal, env = process.env) {
  const { arch } = platformOf(platform)
  const variable = `LIBTORCH_${platform.toUpperCase().replace('-', '_')}`
  const named = env[variable]
  if (named) return requireCpu(describeLibTorch(path.resolve(named), 'LIBTORCH', arch), variable)
  const folder = path.join(`${cacheFolder(env)}-${platform}`, 'torch')
  if (fs.existsSync(folder)) return describeLibTorch(folder, 'cache', arch)
  try {
    return await fetchLibTorch({ variant: 'cpu', platform, terminal, env })
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'UNREACHABLE' || platform !== PYPI.platform) throw error
    terminal.line(`${error.message}\nMaking one of PyPI's wheel, which is built with CUDA.`)
  }
  await reducePyPI(folder, terminal, env)
  return describeLibTorch(folder, 'cache', arch)
}

/** @param {import('../../libtorch/find.js').LibTorchInfo} libtorch @param {string} variable */
function requireCpu(libtorch, variable) {
  if (!libtorch.cuda) return libtorch
  throw new Problem(
    `${variable} is ${libtorch.folder}, a LibTorch with CUDA; the package ships an addon for the CPU's.`,
    `Set it to one without CUDA, or unset it.`,
  )
}

/** @param {string} folder @param {import('../../terminal.js').Output} terminal @param {import('../../tools.js').Env} env */
async function reducePyPI(folder, terminal, env) {
  const { machine } = platformOf(PYPI.platform)
  const python = findPip(env)
  if (python === undefined) throw noPip(`${PYPI.requirement} is fetched by pip.`)
  const beside = `${folder}.${process.pid}.tmp`
  fs.mkdirSync(beside, { recursive: true })
  try {
    requireSpace(beside, PYPI.disk, 'Fetching LibTorch', 'set XDG_CACHE_HOME to a folder on a larger disk')
    const fetchWheels = async (/** @type {Record<string, string>} */ wanted, /** @type {string} */ owner) => {
      const folder = fs.mkdtempSync(path.join(beside, 'wheels-'))
      const wheels = await pipDownload(python, Object.keys(wanted), folder, {
        machine,
        dependencies: false,
        env,
      })
      for (const wheel of wheels)
        requirePinned(wheel, await hashFile(wheel), Object.values(wanted), { owner, env })
      return wheels
    }
    const [wheel = ''] = await fetchWheels({ [PYPI.requirement]: PYPI.sha256 }, "PyTorch's")
    await unpackLibTorch(wheel, beside, terminal)
    const pinned = Object.entries(nvidiaWheels(PYPI.cuda, machine) ?? {}).filter(
      ([name]) => name in PYPI.nvidia,
    )
    await unpackNvidia(await fetchWheels(Object.fromEntries(pinned), "NVIDIA's"), beside, terminal)
    const lib = path.join(beside, 'torch', 'lib')
    for (const name of fs.readdirSync(lib)) if (CUDA_LIBRARY.test(name)) fs.rmSync(path.join(lib, name))
    const given = /** @type {string[]} */ (fs.readdirSync(path.join(beside, 'nvidia'), { recursive: true }))
    for (const name of given) {
      if (Object.values(PYPI.nvidia).some(library => library.test(name)))
        fs.copyFileSync(path.join(beside, 'nvidia', name), path.join(lib, path.basename(name)))
    }
    linkLibTorch(lib)
    fs.renameSync(path.join(beside, 'torch'), folder)
  } finally {
    fs.rmSync(beside, { recursive: true, force: true })
  }
}

/** libtorch.so is empty and names the others; PyPI's names those of CUDA too. @param {string} lib */
function linkLibTorch(lib) {
  const empty = path.join(lib, 'empty.c')
  fs.writeFileSync(empty, 'void dcgan_empty(void) {}\n')
  execFileSync(crossTool(PYPI.platform, 'gcc'), [
    ...[
      '-shared',
      '-fPIC',
      empty,
      '-o',
      path.join(lib, 'libtorch.so'),
      '-Wl,-soname,libtorch.so',
      '-Wl,-rpath,$ORIGIN',
    ],
    ...['-Wl,--no-as-needed', `-L${lib}`, '-ltorch_cpu', '-lc10', '-Wl,--allow-shlib-undefined'],
  ])
  fs.rmSync(empty)
}

module.exports = { crossLibTorch }
