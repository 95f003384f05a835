// The built page in a real browser: the installed Chromium, or the one that CHROMIUM names. SCREENSHOTS names a folder
// for pictures of it.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { chromium } from 'playwright-core'
import { serve } from './server.js'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = process.env.CHROMIUM ?? places.find(existsSync)
const skip = executablePath === undefined && 'there is no Chromium: install it, or set CHROMIUM'
const screenshots = process.env.SCREENSHOTS

const DESKTOP = { viewport: { width: 1100, height: 900 } }
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

describe('the page', { skip }, () => {
  let host
  let contexts = []
  let complaints = []

  before(async () => {
    host = await serve(join(import.meta.dirname, '..', 'dist'))
  })
  afterEach(async () => {
    await Promise.all(contexts.map(context => context.close()))
    const found = complaints
    contexts = []
    complaints = []
    assert.deepEqual(found, [])
  })
  after(() => host?.close())

  /** A page of a new profile. */
  async function blank(options = DESKTOP) {
    const args = ['--no-sandbox', '--disable-gpu']
    const context = await chromium.launchPersistentContext('', { executablePath, args, ...options })
    contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(120_000)
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(error.message))
    page.on('dialog', dialog => {
      complaints.push(`opens a dialog: ${dialog.message()}`)
      return dialog.dismiss()
    })
    page.on('request', request => {
      if (!request.url().startsWith(host.url)) complaints.push(`asks for ${request.url()}`)
    })
    return page
  }

  /** Goes to an address, and returns how long its digit took, in milliseconds. */
  async function visit(page, query) {
    await page.goto(`${host.url}${query}`)
    const drawn = await page.waitForFunction(
      () => /drawn in/.test(document.getElementById('status').textContent) && performance.now(),
    )
    return drawn.jsonValue()
  }

  async function open(query, options) {
    const page = await blank(options)
    await visit(page, query)
    return page
  }

  /** Waits until the service worker keeps every file. */
  async function installed(page) {
    await page.evaluate(() => navigator.serviceWorker.ready)
    await page.waitForFunction(async () => {
      const names = await caches.keys()
      const kept = await Promise.all(names.map(async name => (await (await caches.open(name)).keys()).length))
      return kept.reduce((sum, count) => sum + count, 0) >= 8
    })
  }

  const pixels = (page, id) => page.evaluate(id => document.getElementById(id).toDataURL(), id)

  /** The share of light pixels: a digit has some, and neither all nor none. */
  const light = (page, id) =>
    page.evaluate(id => {
      const canvas = document.getElementById(id)
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return data.filter((level, i) => i % 4 === 0 && level > 127).length / (data.length / 4)
    }, id)

  async function picture(page, name) {
    if (screenshots === undefined) return
    // The first digit takes longer than those after it, and the page shows how long.
    await page.click('#labels button[aria-pressed=true]')
    await page.waitForSelector('#slider[aria-valuetext]')
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
  }

  test('draws the digit of its address, the same one every time', async () => {
    const [one, other] = [await open('?digit=3&seed=5'), await open('?digit=3&seed=5')]
    const share = await light(one, 'digit')
    assert.ok(share > 0.03 && share < 0.4, `${share}`)
    assert.equal(await pixels(one, 'digit'), await pixels(other, 'digit'))
    await picture(one, 'light')
  })

  for (const query of [
    '?digit=10&seed=-1',
    '?digit=1e3&seed=1e308',
    '?digit=NaN&seed=0x10',
    '?seed=9007199254740991',
    '?seed=9007199254740992&seed=1',
    '?digit=%3Cimg%20src=x%20onerror=alert(1)%3E&seed=%00',
    '?__proto__=1&constructor=2&digit[]=3',
    `?digit=${'9'.repeat(5000)}`,
    '?digit=%zz&seed=%ff',
    '?digit=3&seed=5#<img src=x onerror=alert(1)>',
    `?seed=5#${'a'.repeat(100_000)}`,
  ]) {
    test(`draws a digit whatever its address says: ${query.slice(0, 60)}`, async () => {
      const page = await open(query)
      await page.waitForSelector('#wall button:last-child:not([disabled])')
      const share = await light(page, 'digit')
      assert.ok(share > 0.01 && share < 0.6, `${share}`)
    })
  }

  test('says what is wrong with its address, as text, until another digit is chosen', async () => {
    const page = await open('?digit=<img src=x onerror=alert(1)>&seed=-1')
    const status = page.locator('#status')
    assert.match(
      await status.textContent(),
      /^The address needs a digit from 0 to 9 and a seed from 0 to \d+\. 7 of seed/,
    )
    await page.click('#labels button:first-child')
    await page.waitForFunction(() => document.getElementById('status').textContent.startsWith('0 of seed'))
    assert.equal(await page.locator('img').count(), 0)
  })

  for (const [what, answer] of [
    ['missing', { status: 404 }],
    ['damaged', { body: Buffer.alloc(4096, 0x7b) }],
    ['a web page', { contentType: 'text/html', body: '<script>alert(1)</script>' }],
  ]) {
    test(`says so when the file of its network is ${what}`, async () => {
      const page = await blank()
      await page.route('**/*.packed', route => route.fulfill(answer))
      await page.goto(host.url)
      await page.waitForFunction(() =>
        /^The network did not come: ./.test(document.getElementById('status').textContent),
      )
      // The browser reports the failure too.
      assert.ok(complaints.length > 0)
      complaints = complaints.filter(complaint => complaint.startsWith('opens a dialog'))
    })
  }

  test('fetches its large files once, and shows how long digits take', async t => {
    const page = await blank()
    host.sent.clear()
    const first = await visit(page, '?digit=3&seed=5')
    const times = await page.evaluate(async () => {
      const status = document.getElementById('status')
      const times = []
      while (times.length < 31) {
        const drawn = new Promise(resolve =>
          new MutationObserver(resolve).observe(status, { childList: true }),
        )
        document.getElementById('reroll').click()
        await drawn
        times.push(Number(/drawn in ([\d.]+) ms/.exec(status.textContent)[1]))
      }
      return times
    })
    await installed(page)
    const sent = [...host.sent.values()].reduce((sum, bytes) => sum + bytes, 0)
    assert.ok(sent > 3e6 && sent < 3.6e6, `${sent} bytes`)
    const median = times.sort((a, b) => a - b)[15]
    t.diagnostic(
      `${(sent / 1e6).toFixed(1)} MB, first digit after ${(first / 1000).toFixed(2)} s, the next ones in ${median.toFixed(1)} ms`,
    )
  })

  test('shows a digit before it draws the wall', async () => {
    const page = await open('?digit=3&seed=5')
    await page.waitForSelector('#wall button:last-child:enabled')
    const [before, after] = await page.evaluate(async () => {
      const last = document.querySelector('#wall button:last-child')
      const { seed } = last.dataset
      const drawn = new Promise(resolve =>
        new MutationObserver(resolve).observe(document.getElementById('status'), { childList: true }),
      )
      document.getElementById('reroll').click()
      await drawn
      await new Promise(resolve => setTimeout(resolve))
      return [seed, last.dataset.seed]
    })
    assert.equal(after, before)
  })

  test('does not let a user choose a digit of the wall before it is drawn', async () => {
    const page = await blank()
    await page.goto(`${host.url}?digit=3&seed=5`)
    await page.waitForSelector('#wall button')
    await page.evaluate(() => document.querySelector('#wall button:last-child').click())
    await page.waitForSelector('#wall button:last-child:enabled')
    assert.match(await page.getAttribute('#digit', 'aria-label'), /of seed (5|44)$/)
  })

  test('draws another one at a click, and goes back to the one before', async () => {
    const page = await open('?digit=7&seed=5')
    const before = await pixels(page, 'digit')
    await page.click('#reroll')
    await page.waitForFunction(before => document.getElementById('digit').toDataURL() !== before, before)
    await page.goBack()
    await page.waitForFunction(before => document.getElementById('digit').toDataURL() === before, before)
  })

  test('is worked by the keyboard, and names what it shows', async () => {
    const page = await open('?digit=7&seed=5')
    const before = await pixels(page, 'between')
    await page.focus('#slider')
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight')
    await page.waitForFunction(before => document.getElementById('between').toDataURL() !== before, before)
    assert.equal(await page.getAttribute('#slider', 'aria-valuetext'), '75 % of the way')
    assert.match(await page.getAttribute('#digit', 'aria-label'), /of seed 5$/)
    await page.focus('#wall button:nth-child(4):enabled')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => /seed=8/.test(location.search))
  })

  test('needs no network after the first visit', async () => {
    const page = await open('?digit=2&seed=5')
    const before = await pixels(page, 'digit')
    await installed(page)
    await page.context().setOffline(true)
    await visit(page, '?digit=2&seed=5')
    assert.equal(await pixels(page, 'digit'), before)
    await page.click('#reroll')
    await page.waitForFunction(before => document.getElementById('digit').toDataURL() !== before, before)
  })

  test('fits a phone, and the dark', async () => {
    for (const [name, options] of [
      ['phone', PHONE],
      ['dark', { ...DESKTOP, colorScheme: 'dark' }],
    ]) {
      const page = await open('?digit=8&seed=5', options)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(wide <= 0, `${name}: ${wide} pixels too wide`)
      await picture(page, name)
    }
  })
})
