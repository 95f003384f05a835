'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { filesUnder } = require('../../dist/internal/disk.js')
const { cacheFolder } = require('../../dist/internal/cache-folder.js')
const { nvidiaWheels, releaseFor } = require('../../dist/setup/catalogue.js')
const { fetchRelease } = require('../../dist/setup/fetch.js')
const { describeLibTorch } = require('../../dist/setup/find.js')
const { pipDownload } = require('../../dist/setup/pip.js')
const { unpackLibTorch, unpackNvidia } = require('../../dist/setup/unpack.js')
const { detailsOf, failure } = require('../../dist/internal/failure.js')
const { line } = require('../../dist/internal/report.js')
const { crossTool } = require('../cmake.js')

/**
 * The wheel of PyPI for linux-arm64, which is built with CUDA. Without its CUDA libraries it is a LibTorch for the CPU
 * that serves for building and testing the addon if PyTorch's own site cannot be reached.
 */
const PYPI = {
  platform: 'linux-arm64',
  machine: 'aarch64',
  wheel: { 'torch==2.13.0': '092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c' },
}
/** NVIDIA's wheels, and of their libraries those that libtorch_cpu.so is linked with. */
const NVIDIA = /^nvidia-cuda-(runtime|cupti)==/
const NVIDIA_LIBRARY = /lib(cudart|cupti)\.so\.\d+$/
const CUDA_LIBRARY = /^lib(torch|torch_cuda\w*|c10_cuda|torch_nvshmem|caffe2_nvrtc)\.so$/

/**
 * LibTorch for the CPU of another platform: the folder that LIBTORCH_LINUX_ARM64 (LIBTORCH_LINUX_X64) names, otherwise
 * the release that set-up fetches there, otherwise one made of PyPI's wheel.
 *
 * @param {string} platform
 */
async function crossLibTorch(platform) {
  const variable = `LIBTORCH_${platform.toUpperCase().replace('-', '_')}`
  const named = process.env[variable]
  if (named) {
    const libtorch = describeLibTorch(path.resolve(named), 'LIBTORCH', platform)
    if (!libtorch.cuda) return libtorch
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `${variable} is ${libtorch.folder}, a LibTorch with CUDA; the package ships an addon for the CPU's.`,
      'Set it to one without CUDA, or unset it.',
    )
  }
  const folder = path.join(`${cacheFolder()}-${platform}`, 'torch')
  const made = `${folder}.${process.pid}.tmp`
  if (!fs.existsSync(folder))
    await makeLibTorch(folder, platform, made).finally(() =>
      fs.rmSync(made, { recursive: true, force: true }),
    )
  return describeLibTorch(folder, 'cache', platform)
}

/** @param {string} folder @param {string} platform @param {string} made where it is made before it is whole */
async function makeLibTorch(folder, platform, made) {
  fs.mkdirSync(made, { recursive: true })
  try {
    const { file } = await fetchRelease(releaseFor('cpu', platform), made)
    await unpackLibTorch(file, made)
  } catch (error) {
    const { what, unreachable } = detailsOf(/** @type {Error} */ (error))
    if (unreachable !== true || platform !== PYPI.platform) throw error
    line(`${what}\nMaking one of PyPI's wheel, which is built with CUDA.`)
    await reducePyPI(made)
  }
  fs.renameSync(path.join(made, 'torch'), folder)
}

/** @param {string} made */
async function reducePyPI(made) {
  /** @param {Record<string, string>} wanted @param {string} owner */
  const fetchWheels = async (wanted, owner) => {
    const options = { machine: PYPI.machine, owner, why: "PyPI's wheels are fetched by pip." }
    const wheels = await pipDownload(wanted, fs.mkdtempSync(path.join(made, 'wheels-')), options)
    return wheels.map(({ file }) => file)
  }
  for (const file of await fetchWheels(PYPI.wheel, "PyTorch's")) await unpackLibTorch(file, made)
  // The catalogue's release with CUDA is built with the same CUDA 13.0.
  const wanted = Object.entries(nvidiaWheels(PYPI.machine)).filter(([name]) => NVIDIA.test(name))
  for (const file of await fetchWheels(Object.fromEntries(wanted), "NVIDIA's")) await unpackNvidia(file, made)
  const lib = path.join(made, 'torch', 'lib')
  for (const name of filesUnder(lib, CUDA_LIBRARY)) fs.rmSync(path.join(lib, name))
  for (const name of filesUnder(path.join(made, 'nvidia'), NVIDIA_LIBRARY))
    fs.copyFileSync(path.join(made, 'nvidia', name), path.join(lib, path.basename(name)))
  linkLibTorch(lib)
}

/** Makes libtorch.so, which is empty and names the others; PyPI's names those of CUDA too. @param {string} lib */
function linkLibTorch(lib) {
  const empty = path.join(lib, 'empty.c')
  fs.writeFileSync(empty, 'void dcgan_empty(void) {}\n')
  execFileSync(crossTool(PYPI.platform, 'gcc'), [
    ...['-shared', '-fPIC', empty, '-o', path.join(lib, 'libtorch.so')],
    ...['-Wl,-soname,libtorch.so', '-Wl,-rpath,$ORIGIN', '-Wl,--no-as-needed', `-L${lib}`],
    ...['-ltorch_cpu', '-lc10', '-Wl,--allow-shlib-undefined'],
  ])
  fs.rmSync(empty)
}

module.exports = { crossLibTorch }
