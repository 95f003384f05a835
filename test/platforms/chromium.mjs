// Compares the images of portable in Chromium with those of LibTorch: chromium.mjs EXECUTABLE
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { chromium } from 'playwright-core'

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
}
// No bundler: the browser finds the modules where npm installed them.
const imports = {
  'libtorch-dcgan/portable': '/node_modules/libtorch-dcgan/dist/browser/portable/web/browser.js',
}
const PAGE = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`

const server = createServer(async ({ url }, response) => {
  const text = url === '/' ? PAGE : await readFile(join(process.cwd(), url)).catch(() => undefined)
  response
    .writeHead(text === undefined ? 404 : 200, { 'content-type': TYPES[extname(url)] ?? 'text/html' })
    .end(text)
})
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage()
page.setDefaultTimeout(600_000)
await page.goto(`http://127.0.0.1:${server.address().port}/`)
const compared = await page.evaluate(async () => {
  const { Generator } = await import('libtorch-dcgan/portable')
  const { compare } = await import('/compare.mjs')
  return compare(Generator, await (await fetch('/reference.json')).json())
})
console.log(`${compared} images as those of LibTorch`)
await browser.close()
server.closeAllConnections()
server.close()
