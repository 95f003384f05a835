import { loading } from './loading.js'

/**
 * Returns a function that loads a module at its first call. Half of the time until a process has its first digit would
 * otherwise go to modules that make none. They are loaded with require, because a caller's Jest refuses import().
 */
export function lazy<T>(load: () => T): () => T {
  let module: { loaded: T } | undefined
  return () => {
    module ??= { loaded: loading(load) }
    return module.loaded
  }
}
