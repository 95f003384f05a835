/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build', '<rootDir>/examples/.*/node_modules'],
  transform: {
    '^.+\\.[cm]?ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // A hang is to be noticed, and nothing else: tests take seconds, and minutes where other work has the processor.
  testTimeout: 240_000,
  // Each worker that loads LibTorch holds half a gigabyte, and a training step uses every core by itself.
  maxWorkers: 2,
}
