import { autoPrecisionOf, LEVELS, levelOf } from '../../test/tools/levels.js'
import { compete, secondsOf } from '../contender.js'
import { comparison } from '../report.js'
import { ratio } from '../statistics.js'

const BATCH = 128
const [EAGER, AUTOCAST] = ['PyTorch eager float32', 'PyTorch autocast bfloat16']

/** The largest ratio that is allowed at each level; the AVX-512 levels share their float32 kernels. */
const AVX512 = { float32: 0.62, eager: 0.4, autocast: 0.62 }
const LIMITS = { avx2: { float32: 0.67 }, avx512: AVX512, avx512_bf16: AVX512, amx: AVX512 }

/** The same ratios at each level that this processor has; ours and PyTorch obey the same variables. */
export async function processors({ quick, rounds, at }) {
  const texts = []
  const figures = {}
  const targets = []
  const levels = LEVELS.filter(({ level }) => level in LIMITS).map(({ level, variables }) => {
    return { level, variables, present: levelOf({ ...process.env, ...variables }) === level }
  })
  for (const { level, variables, present } of levels) {
    if (!present) {
      texts.push(`${level}: this processor lacks it`)
      continue
    }
    const times = await timesOf({ quick, rounds, contenders: at(variables), bfloat16: hasBfloat16(level) })
    figures[level] = Object.fromEntries(
      [...times].map(([what, values]) => [what, Object.fromEntries(values)]),
    )
    targets.push(...targetsOf(level, autoPrecisionOf({ ...process.env, ...variables }), times))
    texts.push(comparison(level, times))
  }
  return { text: texts.join('\n\n'), figures, targets }
}

function hasBfloat16(level) {
  return level === 'avx512_bf16' || level === 'amx'
}

/**
 * Seconds per round at one level, by what is measured and by contender. Without bfloat16 arithmetic, autocast takes
 * seconds per step.
 */
async function timesOf({ quick, rounds, contenders, bfloat16 }) {
  const times = new Map()
  const measure = async (what, starts) => times.set(what, secondsOf(await compete(starts, rounds)))
  const steps = quick ? 3 : 8
  await measure('step', [
    () => contenders.ourStep('float32', BATCH, steps),
    () => contenders.pytorchStep('float32', BATCH, steps),
    () => contenders.pytorchStep('compile', BATCH, steps),
    () => contenders.ourStep('bfloat16', BATCH, steps),
    ...(bfloat16 ? [() => contenders.pytorchStep('bfloat16', BATCH, steps)] : []),
  ])
  for (const count of [1, 64]) {
    const samples = quick ? 20 : count === 1 ? 200 : 40
    await measure(`sample(${count})`, [
      () => contenders.ourSample('float32', count, samples),
      () => contenders.pytorchSample('float32', count, samples),
      () => contenders.pytorchSample('compile', count, samples),
    ])
  }
  return times
}

/** `chosen`: the precision of `'auto'`, which must not be slower than the other one. */
function targetsOf(level, chosen, times) {
  const target = (what, ours, rival, limit) => {
    const [mine, theirs] = [times.get(what).get(`ours ${ours}`), times.get(what).get(rival)]
    return {
      what: `${level}: ${what}, ours ${ours}, against ${rival}`,
      value: mine && theirs && ratio(mine, theirs),
      limit,
    }
  }
  const { float32, eager, autocast } = LIMITS[level]
  const rule = target('step', chosen, `ours ${chosen === 'float32' ? 'bfloat16' : 'float32'}`, 1.05)
  return [
    target('step', 'float32', EAGER, float32),
    ...(chosen === 'bfloat16'
      ? [target('step', 'bfloat16', EAGER, eager), target('step', 'bfloat16', AUTOCAST, autocast)]
      : []),
    { ...rule, what: `${rule.what}: what 'auto' chose`, required: true },
    target('sample(1)', 'float32', EAGER, 0.5),
    target('sample(64)', 'float32', EAGER, 0.75),
  ]
}
