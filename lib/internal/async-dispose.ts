/**
 * The method that `await using` calls. Contexts of node:vm, where some test runners run, have no `Symbol.asyncDispose` before
 * Node.js 24; compilers of `await using` use this one there.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')
