import { gzipSync } from 'node:zlib'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

/** Adds a compressed copy of the weights, because most static hosts compress text only. */
const packedWeights = {
  name: 'packed-weights',
  generateBundle(_options, bundle) {
    for (const [fileName, { source }] of Object.entries(bundle).filter(([name]) =>
      /mnist-.*safetensors$/.test(name),
    ))
      this.emitFile({ type: 'asset', fileName: `${fileName}.packed`, source: gzipSync(source, { level: 9 }) })
  },
}

export default defineConfig({
  // Relative, so that any folder of any static host will do.
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0 },
  plugins: [
    packedWeights,
    VitePWA({
      // Everything is kept after the first visit: the page then needs no network.
      injectRegister: 'auto',
      registerType: 'autoUpdate',
      manifest: {
        name: 'Digits nobody wrote',
        short_name: 'Digits',
        display: 'standalone',
        background_color: '#141413',
        theme_color: '#141413',
        icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' }],
      },
      workbox: {
        globPatterns: ['**/*.{html,js,css,svg,packed}'],
        maximumFileSizeToCacheInBytes: 4 * 2 ** 20,
      },
    }),
  ],
})
