import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fetchInto } from '../setup/fetch-support'
import { makeLibTorch, node, ROOT, versionHeader, zip } from '../setup/support'
import { temporary, write } from '../support/folder'

// An addon that is compiled in a second: what set-up and doctor look at, and no more.
const ADDON = `#include <dlfcn.h>
#include <node_api.h>

#include <string>

static napi_value load(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value folder;
  napi_get_cb_info(env, info, &count, &folder, nullptr, nullptr);
  char text[4096];
  size_t length;
  napi_get_value_string_utf8(env, folder, text, sizeof text, &length);
  Dl_info own;
  dladdr(reinterpret_cast<void*>(&load), &own);
  const std::string file = own.dli_fname;
  const std::string training = file.substr(0, file.rfind('/')) + "/libdcgan_training.so";
  const std::string libraries = std::string(text, length);
  for (const auto& library :
       {libraries + "/libtorch.so", libraries + "/libtorch_cpu.so", libraries + "/libc10.so", training}) {
    if (dlopen(library.c_str(), RTLD_NOW) != nullptr) continue;
    napi_throw_error(env, "ERR_DCGAN_NATIVE_NOT_FOUND", dlerror());
    break;
  }
  return nullptr;
}

static napi_value describe(napi_env env, napi_callback_info) {
  napi_value object, value;
  napi_create_object(env, &object);
  napi_create_string_utf8(env, "avx512_bf16", NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, object, "level", value);
  napi_create_string_utf8(env, "AVX512", NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, object, "cpuCapability", value);
  napi_create_int32(env, 2, &value);
  napi_set_named_property(env, object, "threads", value);
  return object;
}

NAPI_MODULE_INIT() {
  napi_value value;
  napi_create_string_utf8(env, DCGAN_LIBTORCH_VERSION, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, exports, "compiledVersion", value);
  napi_create_function(env, "load", NAPI_AUTO_LENGTH, load, nullptr, &value);
  napi_set_named_property(env, exports, "load", value);
  napi_create_function(env, "info", NAPI_AUTO_LENGTH, describe, nullptr, &value);
  napi_set_named_property(env, exports, "info", value);
  return exports;
}
`

export type Running = ReturnType<typeof node>

/** A LibTorch with libraries that are empty but real. */
export function compiledLibTorch(version = '2.13.0'): string {
  const folder = makeLibTorch(path.join(temporary(), `lib torch-${version} ü`), version)
  for (const name of ['c10', 'torch_cpu', 'torch']) {
    const file = path.join(folder, 'lib', `lib${name}.so`)
    execFileSync('c++', [
      '-shared',
      '-fPIC',
      `-Wl,-soname,lib${name}.so`,
      '-x',
      'c++',
      '/dev/null',
      '-o',
      file,
    ])
  }
  return folder
}

/** Makes a wheel of a LibTorch. */
export function wheelOf(libtorch: string): Buffer {
  const names = fs.readdirSync(libtorch, { recursive: true }) as string[]
  const items = names
    .filter(name => fs.statSync(path.join(libtorch, name)).isFile())
    .map(name => ({ name: `torch/${name}`, data: fs.readFileSync(path.join(libtorch, name)) }))
  return zip(items)
}

/** Has set-up unpack a LibTorch into the cache of a home of its own: the folder, and the variable that names the cache. */
export async function cachedLibTorch(
  libtorch: string,
): Promise<{ folder: string; env: Record<string, string> }> {
  const home = temporary()
  const { stdout, stderr } = await fetchInto(home, { from: write(home, 'torch.whl', wheelOf(libtorch)) })
  if (stdout === '') throw new Error(stderr)
  return { folder: JSON.parse(stdout).folder, env: { LIBTORCH_DCGAN_HOME: path.join(home, 'cache') } }
}

/** Changes what a LibTorch's headers say. */
export function setVersion(folder: string, version: string): void {
  fs.writeFileSync(path.join(folder, 'include/torch/headeronly/version.h'), versionHeader(version))
}

/** The package as it is installed, with this addon in place of the real one. */
export class Package {
  // A path that a shell, or CMake, would trip over if it were not quoted.
  readonly root = path.join(temporary(), 'ein Päckchen')
  readonly home = temporary()

  constructor() {
    fs.mkdirSync(path.join(this.root, 'node_modules'), { recursive: true })
    for (const name of ['dist', 'weights', 'cmake', 'CMakeLists.txt', 'package.json']) {
      fs.cpSync(path.join(ROOT, name), path.join(this.root, name), { recursive: true })
    }
    // Links, but in a folder of its own: what is written there must not reach the real one.
    for (const name of fs.readdirSync(path.join(ROOT, 'node_modules'))) {
      if (name !== '.cache' && name !== '.dist-stamp')
        fs.symlinkSync(path.join(ROOT, 'node_modules', name), this.path('node_modules', name))
    }
    this.write('binding/addon/addon.cc', ADDON)
    this.write('binding/sampling/sampler.cc', 'int sampler() { return 1; }\n')
    for (const name of ['elementwise', 'product'])
      this.write(`binding/kernels/${name}.cc`, `namespace DCGAN_LEVEL { int ${name}() { return 1; } }\n`)
    this.write('binding/training/trainer.cc', '#include <torch/torch.h>\nint answer() { return 42; }\n')
  }

  path(...names: string[]): string {
    return path.join(this.root, ...names)
  }

  write(name: string, text: string): void {
    write(this.root, name, text)
  }

  /** Makes it a clone, without dist/. */
  clone(): void {
    const projects = ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.browser.json']
    for (const name of ['package-lock.json', 'scripts', 'tools', 'lib', ...projects]) {
      fs.cpSync(path.join(ROOT, name), this.path(name), { recursive: true })
    }
    fs.rmSync(this.path('dist'), { recursive: true })
  }

  /** Runs a script with Node.js. */
  run(script: string, args: string[], env: Record<string, string>): Running {
    const variables = { PATH: String(process.env.PATH), HOME: this.home, TMPDIR: this.home, ...env }
    return node([this.path(script), ...args], variables, this.root)
  }

  /** Runs the command. */
  cli(name: 'setup' | 'doctor', args: string[], env: Record<string, string>): Running {
    return this.run('dist/cli/index.js', [name, ...args], env)
  }

  setup(env: Record<string, string>, ...args: string[]): Running {
    return this.cli('setup', args, env)
  }

  /** When each library was last written. */
  times(): { addon: number; training: number } {
    const time = (name: string) => fs.statSync(this.path('build', 'Release', name)).mtimeMs
    return { addon: time('dcgan.node'), training: time('libdcgan_training.so') }
  }

  compiledVersion(): string {
    return require(this.path('build', 'Release', 'dcgan.node')).compiledVersion
  }
}
