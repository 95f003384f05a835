import { table } from '../report.js'

export function targets({ alone, batched, share, single, overload }) {
  return [
    {
      what: 'images a second, against `sample(64)` alone',
      value: share,
      atLeast: 0.7,
    },
    { what: 'errors', value: batched.errors, atMost: 0 },
    { what: 'answers other than 2xx', value: batched.refused, atMost: 0 },
    { what: 'p99, against the time of one full batch', value: batched.p99 / alone.batchSeconds, atMost: 4 },
    { what: 'event-loop delay, p99', value: 1000 * batched.eventLoopP99, atMost: 15, unit: 'ms' },
    {
      what: 'images a second, against `MAX_BATCH=1`',
      value: batched.imagesPerSecond / single.imagesPerSecond,
    },
    {
      what: 'overload: offered, against what it can serve',
      value: (64 * overload.offered) / batched.imagesPerSecond,
      atLeast: 9.5,
    },
    {
      what: 'overload: share answered with 503',
      value: overload.refused / (overload.served + overload.refused),
    },
    { what: 'overload: other answers, and broken connections', value: overload.failed, atMost: 0 },
    { what: 'overload: time to a 503, p99', value: 1000 * overload.refusalP99, atMost: 50, unit: 'ms' },
    {
      what: 'overload: peak of resident memory, against before',
      value: overload.residentPeak / overload.residentBefore,
      atMost: 1.1,
    },
    {
      what: 'overload: until answers are normal again',
      value: overload.recoverySeconds,
      atMost: 1,
      unit: 's',
    },
  ]
}

export function targetTable(targets) {
  const rows = targets.map(target => [
    target.what,
    number(target.value, target.unit),
    limit(target),
    verdict(target),
  ])
  return table(['', 'measured', 'target', ''], rows)
}

export function missed({ value, atLeast, atMost }) {
  if (Number.isNaN(value)) return atLeast !== undefined || atMost !== undefined
  return (atLeast !== undefined && value < atLeast) || (atMost !== undefined && value > atMost)
}

export function report(result) {
  return [
    `${result.processors}; ${result.seconds} s a phase; load before it ${result.load.toFixed(2)}`,
    targetTable(targets(result)),
    table(
      ['one image a request, 64 connections', 'images/s', 'mean batch', 'p50', 'p99', 'event loop p99'],
      [
        [
          '`sample(64)` alone, no server',
          result.alone.imagesPerSecond.toFixed(0),
          '64',
          milliseconds(result.alone.batchSeconds),
          '',
          '',
        ],
        serving('MAX_BATCH=64', result.batched),
        serving('MAX_BATCH=1', result.single),
      ],
    ),
    overload(result.overload),
  ].join('\n\n')
}

function serving(name, { imagesPerSecond, meanBatch, p50, p99, eventLoopP99 }) {
  return [
    `\`${name}\``,
    imagesPerSecond.toFixed(0),
    meanBatch.toFixed(1),
    milliseconds(p50),
    milliseconds(p99),
    milliseconds(eventLoopP99),
  ]
}

function overload(phase) {
  const megabytes = bytes => `${(bytes / 2 ** 20).toFixed(0)} MiB`
  return table(
    ['640 connections, sheets of 64 images', ''],
    [
      ['offered', `${phase.offered.toFixed(0)} sheets/s`],
      ['served', `${phase.served.toFixed(0)} sheets/s, ${phase.imagesPerSecond.toFixed(0)} images/s`],
      ['answered 503', `${phase.refused.toFixed(0)} a second`],
      ['time to a 503', `${milliseconds(phase.refusalP50)} median, ${milliseconds(phase.refusalP99)} p99`],
      [
        'resident memory',
        [phase.residentBefore, phase.residentPeak, phase.residentAfter]
          .map(megabytes)
          .join(' before, ')
          .replace(/before, (\S+ MiB)$/, 'peak, $1 after'),
      ],
      ['normal again after', `${phase.recoverySeconds.toFixed(2)} s`],
    ],
  )
}

function verdict(target) {
  if (target.atLeast === undefined && target.atMost === undefined) return ''
  return missed(target) ? 'missed' : 'met'
}

function limit({ atLeast, atMost, unit }) {
  if (atLeast !== undefined) return `≥ ${number(atLeast, unit)}`
  return atMost === undefined ? '' : `≤ ${number(atMost, unit)}`
}

function number(value, unit = '') {
  const text = Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1)
  return `${text} ${unit}`.trimEnd()
}

function milliseconds(seconds) {
  return `${(1000 * seconds).toFixed(1)} ms`
}
