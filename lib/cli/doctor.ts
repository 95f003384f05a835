import { paint } from '../internal/terminal.js'
import type { Check } from '../setup/check-native.js'
import { diagnose, type Report } from '../setup/doctor.js'
import { EXIT } from './failure.js'

const COLOURS = { ok: 'green', note: 'yellow', failed: 'red', skipped: 'yellow' } as const

/** Runs `libtorch-dcgan doctor`. */
export function doctor({ json }: { json?: boolean }): void {
  const report = diagnose()
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describe(report))
  process.exitCode = report.ok ? 0 : EXIT.failure
}

function describe({ ok, version, checks }: Report): string {
  const first = checks.find(({ status }) => status === 'failed')?.fix?.split('\n')[0]
  const verdict = ok ? 'All is well.' : `Not ready.${first === undefined ? '' : ` Begin with: ${first}`}`
  return `libtorch-dcgan ${version}\n\n${checks.map(describeCheck).join('')}\n${verdict}\n`
}

function describeCheck({ name, status, detail, fix }: Check): string {
  const shown = paint(process.stdout, COLOURS[status], status.padEnd(7))
  const text = fix === undefined ? detail : `${detail}\n→ ${fix}`
  return `${shown}  ${name.padEnd(10)}  ${text.replaceAll('\n', `\n${' '.repeat(21)}`)}\n`
}
