/** Files that take minutes by their nature: packages, many processes, every block of the documents. */
const LONG = [
  'test/arm64/',
  'test/distributed/',
  'test/docs/blocks',
  'test/docs/letters',
  'test/examples/',
  'test/package/',
  'test/platforms/',
  'test/process/',
]

/** Files that test smaller numbers, or fewer cases, in `npm test`. */
const LONGER = ['test/fuzz/', 'test/native/threads', 'test/training/determinism', 'test/training/parity']

// `npm run test:long` runs those only. With 1, any file can be run, and with its larger numbers.
const { DCGAN_LONG_TESTS: long } = process.env
const folders = long === 'only' ? `(${[...LONG, ...LONGER].join('|')})` : 'test/'

// Two workers share the processors: a thread that waits for its turn must leave them to the other worker.
process.env.GOMP_SPINCOUNT ??= '0'

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testRegex: `/${folders}.*\\.test\\.ts$`,
  testPathIgnorePatterns: long === undefined ? LONG : [],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build', '<rootDir>/examples/.*/node_modules'],
  // No test leaves a function replaced.
  restoreMocks: true,
  setupFilesAfterEnv: ['<rootDir>/test/support/equality.ts'],
  transform: {
    '^.+\\.[cm]?ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // A hang is to be noticed, and nothing else: tests take seconds, and minutes where other work has the processor.
  testTimeout: 240_000,
  // Each worker that loads LibTorch holds half a gigabyte, and a training step uses every core by itself.
  maxWorkers: 2,
}
