/**
 * The method that `await using` calls. Contexts of node:vm, where some test runners run, have no `Symbol.asyncDispose` before
 * Node.js 24; what compiles `await using` for them asks for this one.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')
