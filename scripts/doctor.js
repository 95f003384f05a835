// Doctor of a clone, which may lack packages or dist/.
process.argv.splice(2, 0, 'doctor')
try {
  require('../dist/cli/index.js')
} catch (error) {
  console.error(`Not set up: ${String(error).split('\n')[0]} (ERR_DCGAN_NATIVE_NOT_FOUND)\n  npm run setup`)
  process.exitCode = 1
}
