// Bundlers for edge runtimes give a compiled module.
declare module '*.wasm?module' {
  const module: unknown
  export default module
}
