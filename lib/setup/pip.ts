import fs from 'node:fs'
import path from 'node:path'
import { hashFile } from '../internal/disk.js'
import { ioFailure, SETUP } from '../internal/failure.js'
import { line, size } from '../internal/report.js'
import { allowsUnpinned, UNPINNED, WAYS_OUT } from './catalogue.js'
import { installCommand, pythonOptions, pythons, query } from './programs.js'
import { run } from './run.js'

// The wheels hold compiled code for CPython 3.11 too, but only LibTorch is taken from them: any Python may fetch them.
const PYTHON_TAGS = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311']
const BRING = `give a LibTorch archive or PyTorch wheel: ${SETUP} --from <file>`

/** Finds a Python with pip. Throws if one does not answer. `limit`: milliseconds that each has to answer in. */
export function findPip(limit?: number): string | undefined {
  const answers = (python: string) => query(python, ['-m', 'pip', '--version'], { ...pythonOptions(), limit })
  return [...pythons()].find(python => answers(python) !== undefined)
}

/**
 * Downloads wheels under the user's own settings of pip (index, proxy, certificates), and checks the SHA-256 of each
 * one, whatever its name is.
 *
 * @param wanted exact versions, with each wheel's SHA-256
 * @param folder new and empty
 * @param options the owner of the wheels and the reason for pip, for messages; the index that has them, if PyPI lacks them
 */
export async function pipDownload(
  wanted: Record<string, string>,
  folder: string,
  {
    machine,
    owner,
    why,
    index,
  }: Record<'machine' | 'owner' | 'why', string> & { index?: string | undefined },
): Promise<{ file: string; sha256: string }[]> {
  const python = findPip()
  if (python === undefined) {
    throw ioFailure(
      `${why} And pip, which can fetch LibTorch too, was not found.`,
      `Connect to the network, or install pip:\n${installCommand('python3-pip')}\nor ${BRING}`,
    )
  }
  fs.mkdirSync(folder, { recursive: true })
  const show = process.stderr.isTTY === true
  const [requirements, pinned] = [Object.keys(wanted), Object.values(wanted)]
  const flags = [
    '--disable-pip-version-check',
    '--only-binary=:all:',
    '--no-deps',
    ...(show ? [] : ['--quiet']),
  ]
  const tags = [...PYTHON_TAGS, ...platformTags(machine)]
  const args = ['-m', 'pip', 'download', ...flags, '--dest', folder, ...tags, ...requirements]
  const { status, output } = await run(python, args, { ...pythonOptions(), show })
  const check = 'Check the network and the package index that pip is set up for: python3 -m pip config list'
  const other = index ? `\nand, if it lacks PyTorch's, add that: PIP_EXTRA_INDEX_URL=${index} ${SETUP}` : ''
  const names = fs.readdirSync(folder).filter(name => name.endsWith('.whl'))
  if (status !== 0 || names.length === 0) {
    const errors = output.split('\n').filter(text => text.startsWith('ERROR'))
    const what = [`pip could not download ${requirements.join(', ')}.`, ...errors].join('\n')
    throw ioFailure(what, `${check}${other}\nor ${BRING}`, { unreachable: true })
  }
  return names.map(name => {
    const file = path.join(folder, name)
    const sha256 = hashFile(file)
    const known = pinned.includes(sha256)
    if (!known && !allowsUnpinned()) {
      const only = pinned.length === 1 ? `, not ${pinned[0]}` : ''
      const what = `pip gave ${name}, which is not ${owner}: its SHA-256 is ${sha256}${only}.`
      throw ioFailure(what, `${check}${other}\n${WAYS_OUT}`)
    }
    const verdict = known ? 'as pinned' : `${sha256} (not pinned, but ${UNPINNED} is 1)`
    line(`  downloaded ${name}, ${size(fs.statSync(file).size)}, SHA-256 ${verdict}`)
    return { file, sha256 }
  })
}

/** pip takes a platform literally, so wheels for older ones must be requested too. */
function platformTags(machine: string): string[] {
  const glibcs = Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}`)
  const names = [...glibcs, 'manylinux2014', 'manylinux2010', 'manylinux1']
  return names.flatMap(name => ['--platform', `${name}_${machine}`])
}
