// In a clone of libtorch-dcgan, package-lock.json links to the library above, which this builds. Elsewhere, npm installs it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const above = name => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const sources = ['package.json', 'tsconfig.build.json', 'scripts/setup.js'].map(above)
const isClone = () => JSON.parse(readFileSync(above('package.json'), 'utf8')).name === 'libtorch-dcgan'

if (sources.every(existsSync) && isClone()) {
  process.exitCode =
    spawnSync(process.execPath, [above('scripts/setup.js')], { stdio: 'inherit' }).status ?? 1
}
