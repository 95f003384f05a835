import { BASE64 } from './bytes.js'
import { type WasmModule, wasm } from './instance.js'

let compiled: WasmModule | undefined
let compiling: Promise<WasmModule> | undefined

/** Compiles the module, once per process. */
export function compile(): Promise<WasmModule> {
  compiling ??= wasm.compile(bytes())
  return compiling
}

/** Compiles the module at once, in a few milliseconds. */
export function compileNow(): WasmModule {
  compiled ??= new wasm.Module(bytes())
  return compiled
}

function bytes(): Uint8Array {
  return Uint8Array.from(atob(BASE64), character => character.charCodeAt(0))
}
