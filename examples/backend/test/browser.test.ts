import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { type Server, saveModel, scratch, startServer, TOKEN, until } from './support.js'

/**
 * The page in a real browser: the installed Chromium, or the one that CHROMIUM names. SCREENSHOTS names a folder for
 * pictures of it, and has it train for longer, so that there is something to see.
 */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = process.env.CHROMIUM ?? places.find(existsSync) ?? ''
const skip = existsSync(executablePath) ? false : 'there is no Chromium: install it, or set CHROMIUM'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync']
const screenshots = process.env.SCREENSHOTS

const DESKTOP: BrowserContextOptions = { viewport: { width: 1100, height: 800 } }
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

let server: Server
let browser: Browser
const cleanups: (() => unknown)[] = []
/** What a browser would show in red. */
let complaints: string[] = []

async function open(path: string, options = DESKTOP, { url } = server): Promise<Page> {
  const page = await browser.newPage(options)
  // A machine that does other things too may take its time.
  page.setDefaultTimeout(120_000)
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(error.message))
  // Nothing may come from elsewhere.
  page.on('request', request => {
    if (!request.url().startsWith(`${url}/`)) complaints.push(`asks for ${request.url()}`)
  })
  await page.goto(`${url}${path}`)
  await digitsShown(page)
  return page
}

/** Waits until all digits in sight are there, in the size that the network draws. */
async function digitsShown(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const images = [...document.querySelectorAll<HTMLImageElement>('#wall img')].filter(image =>
      image.checkVisibility(),
    )
    return images.length >= 30 && images.every(image => image.complete && image.naturalWidth === 28)
  })
}

/** The grey levels of the first twelve digits on the wall. */
function wallPixels(page: Page): Promise<string> {
  return page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 28 * 12, height: 28 })
    const context = canvas.getContext('2d') as CanvasRenderingContext2D
    const images = [...document.querySelectorAll<HTMLImageElement>('#wall img')].slice(0, 12)
    for (const [i, image] of images.entries()) context.drawImage(image, 28 * i, 0)
    return canvas.toDataURL()
  })
}

function betweenPixels(page: Page): Promise<string> {
  return page.evaluate(() => (document.getElementById('between') as HTMLCanvasElement).toDataURL())
}

async function picture(page: Page, name: string, section: string): Promise<void> {
  if (screenshots === undefined) return
  await mkdir(screenshots, { recursive: true })
  await page.locator(section).screenshot({ path: join(screenshots, `${name}.png`) })
}

describe('the page', { skip }, () => {
  before(async () => {
    server = await startServer({ after: clean => cleanups.push(clean) }, { TRAINING_TOKEN: TOKEN })
    browser = await chromium.launch({ executablePath, args: FLAGS })
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map(context => context.close()))
    assert.deepEqual(complaints, [])
    complaints = []
  })
  after(async () => {
    await browser?.close()
    for (const clean of cleanups) clean()
  })

  test('re-roll shows other digits, and the address brings the same ones back', async () => {
    const page = await open('/?seed=2026')
    const first = await wallPixels(page)
    assert.equal(await page.inputValue('#seed'), '2026')
    assert.equal(
      await page.evaluate(
        () => getComputedStyle(document.querySelector('.wall img') as Element).imageRendering,
      ),
      'pixelated',
    )

    await page.click('#reroll')
    await page.waitForFunction(() => (document.getElementById('seed') as HTMLInputElement).value !== '2026')
    await digitsShown(page)
    const second = await wallPixels(page)
    assert.notEqual(second, first)
    const shared = page.url()
    assert.equal(new URL(shared).searchParams.get('seed'), await page.inputValue('#seed'))

    await page.goBack()
    await page.waitForFunction(() => (document.getElementById('seed') as HTMLInputElement).value === '2026')
    await digitsShown(page)
    assert.equal(await wallPixels(page), first)

    const elsewhere = await open(shared.slice(server.url.length))
    assert.equal(await wallPixels(elsewhere), second)
    await elsewhere.fill('#seed', '2026')
    await elsewhere.press('#seed', 'Enter')
    await digitsShown(elsewhere)
    assert.equal(await wallPixels(elsewhere), first)
  })

  test('the slider morphs between the two digits that were chosen', async () => {
    const page = await open('/?seed=2026')
    // A morph keeps one digit. Without a label, the digits on the wall show what their seeds draw.
    if (await page.isVisible('#labels')) await page.click('#labels button:nth-child(8)')
    await page.click('#wall button:nth-child(4)')
    await page.click('#wall button:nth-child(9)')
    assert.deepEqual(await page.locator('#from-seed, #to-seed').allInnerTexts(), ['2029', '2034'])
    assert.match(new URL(page.url()).search, /^\?seed=2026&from=2029&to=2034(&label=7)?$/)
    assert.equal(await page.locator('#wall button[aria-pressed=true]').count(), 2)

    const digit = (i: number) =>
      page.evaluate(n => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 28, height: 28 })
        canvas
          .getContext('2d')
          ?.drawImage(document.querySelectorAll<HTMLImageElement>('#wall img')[n] as HTMLImageElement, 0, 0)
        return canvas.toDataURL()
      }, i)
    await page.focus('#slider')
    await page.keyboard.press('Home')
    // The frames come after the click.
    await until(async () => (await betweenPixels(page)) === (await digit(3)), 'the first frame')
    const frames = new Set<string>()
    for (let i = 0; i < 10; i++) {
      await page.keyboard.press('PageUp')
      frames.add(await betweenPixels(page))
    }
    assert.ok(frames.size >= 8, `${frames.size} different frames`)
    await page.keyboard.press('End')
    assert.equal(await betweenPixels(page), await digit(8))

    const gif = await page.request.get(
      await page.evaluate(() => (document.getElementById('gif') as HTMLAnchorElement).href),
    )
    assert.equal(gif.headers()['content-type'], 'image/gif')
  })

  test('a model with classes has a row of buttons: one digit alone, by mouse, keyboard and address', async t => {
    const model = join(scratch(t), 'ten.safetensors')
    await saveModel(model, 1, { classes: 10 })
    const ten = await startServer(t, { MODEL: model })
    const page = await open('/?seed=2026', DESKTOP, ten)
    const all = await wallPixels(page)
    const row = page.getByRole('group', { name: 'Show one digit alone' })
    assert.deepEqual(await row.getByRole('button').allInnerTexts(), [...'0123456789'])
    const pressed = () => row.locator('[aria-pressed=true]').allInnerTexts()
    assert.deepEqual(await pressed(), [])

    await row.getByRole('button', { name: '7' }).click()
    await digitsShown(page)
    const sevens = await wallPixels(page)
    assert.notEqual(sevens, all)
    assert.deepEqual(await pressed(), ['7'])
    assert.equal(await page.getByRole('button', { name: '7 of seed 2026' }).count(), 1)
    const source = await page.getAttribute('#wall img', 'src')
    assert.match(source as string, /^digits\/7\.png\?seed=2026&v=[0-9a-f]{10}$/)
    assert.match(
      await page.evaluate(() => (document.getElementById('gif') as HTMLAnchorElement).href),
      /label=7/,
    )
    const elsewhere = await open(page.url().slice(ten.url.length), DESKTOP, ten)
    assert.equal(await wallPixels(elsewhere), sevens)
    assert.deepEqual(await elsewhere.locator('#labels [aria-pressed=true]').allInnerTexts(), ['7'])

    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    assert.deepEqual(await pressed(), ['8'])
    await page.keyboard.press('Space')
    assert.deepEqual(await pressed(), [])
    await digitsShown(page)
    assert.equal(await wallPixels(page), all)
    for (const colorScheme of ['light', 'dark'] as const) {
      const phone = await open('/?seed=2026&label=3', { ...PHONE, colorScheme }, ten)
      assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
      const box = await phone.locator('#labels button').first().boundingBox()
      assert.ok(box !== null && box.width >= 24 && box.height >= 24, 'large enough for a finger')
      await picture(phone, `labels-${colorScheme}`, '#labels')
    }
  })

  test('a model without classes has no such row, whatever the address says', async t => {
    const model = join(scratch(t), 'plain.safetensors')
    await saveModel(model, 1)
    const page = await open('/?seed=2026&label=7', DESKTOP, await startServer(t, { MODEL: model }))
    assert.equal(await page.isVisible('#labels'), false)
    assert.doesNotMatch(page.url(), /label/)
  })

  // Before the training: its network draws worse than the one that was trained for long.
  test('the page fits a phone and a desktop, in light and dark mode', async () => {
    for (const [device, options] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await open('/?seed=2026', { ...options, colorScheme })
        const { scroll, client } = await page.evaluate(() => ({
          scroll: document.documentElement.scrollWidth,
          client: document.documentElement.clientWidth,
        }))
        assert.ok(scroll <= client, `${device}: ${scroll} pixels in ${client}`)
        await picture(page, `${device}-${colorScheme}`, 'html')
      }
    }
  })

  test('the curves move during training, and afterwards the new network draws the wall', async () => {
    const page = await open('/?seed=2026')
    const before = await wallPixels(page)
    await page.fill('#images', screenshots === undefined ? '600' : '12000')
    await page.fill('#token', TOKEN)
    await page.click('#train')
    const points = () =>
      page.evaluate(
        () => document.querySelector('#chart path.smooth')?.getAttribute('d')?.split('L').length ?? 0,
      )
    await page.waitForFunction(() =>
      (document.querySelector('#chart path.smooth')?.getAttribute('d') ?? '').includes('L'),
    )
    const early = await points()
    await page.waitForFunction(
      n =>
        document.querySelectorAll('#chart path').length === 4 &&
        (document.querySelector('#chart path.smooth')?.getAttribute('d')?.split('L').length ?? 0) > n,
      early,
    )
    assert.match(
      (await page.getAttribute('#chart', 'aria-label')) as string,
      /^Losses at step \d+: discriminator \d/,
    )
    await page.waitForFunction(() => {
      const canvas = document.getElementById('preview') as HTMLCanvasElement
      return canvas
        .getContext('2d')
        ?.getImageData(0, 0, 112, 112)
        .data.some(value => value > 0)
    })
    if (screenshots !== undefined) {
      await page.waitForFunction(
        () => (document.getElementById('progress') as HTMLProgressElement).position > 0.8,
        undefined,
        { timeout: 0 },
      )
    }
    await picture(page, 'training', '#training')
    await page
      .getByText('Done. The wall is drawn by the new network.')
      .waitFor({ timeout: screenshots === undefined ? 120_000 : 0 })
    await digitsShown(page)
    assert.notEqual(await wallPixels(page), before)
    assert.equal(await page.locator('#train').isVisible(), true)
  })

  test('a run can be stopped, and a second page shows that one is running', async () => {
    const [page, other] = [await open('/?seed=1'), await open('/?seed=1')]
    await page.fill('#token', TOKEN)
    await other.fill('#token', `${TOKEN}x`)
    await page.click('#train')
    await page.getByText(/^Step \d/).waitFor()
    // The 401 and the 409 are errors to the browser's console.
    other.removeAllListeners('console')
    await other.click('#train')
    await other.getByText('The token is missing or wrong').waitFor()
    await other.fill('#token', TOKEN)
    await other.click('#train')
    await other.getByText('A model is being trained already').waitFor()
    await page.click('#stop')
    await page.getByText('Stopped. The old network still draws.').waitFor()
  })

  test('every control has a name', async () => {
    const page = await open('/?seed=2026')
    for (const name of ['Re-roll', 'Show', 'Train'])
      assert.equal(await page.getByRole('button', { name, exact: true }).count(), 1)
    for (const name of ['Seed', 'Epochs', 'Images'])
      assert.equal(await page.getByRole('spinbutton', { name }).count(), 1)
    assert.equal(await page.getByRole('slider', { name: 'Way from one digit to the other' }).count(), 1)
    assert.equal(await page.getByRole('button', { name: /^Digit of seed \d+$/ }).count(), 60)
    assert.deepEqual(await page.getByRole('heading').allInnerTexts(), [
      'Digits nobody wrote',
      'Wall',
      'Morph',
      'Train',
    ])
  })
})
