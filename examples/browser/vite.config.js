import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

export default defineConfig({
  // Relative, so that any folder of any static host will do.
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0 },
  plugins: [
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
        globPatterns: ['**/*.{html,js,css,svg,safetensors}'],
        // The classifier is for minConfidence, which the page does not use.
        globIgnores: ['**/classifier-*'],
        maximumFileSizeToCacheInBytes: 4 * 2 ** 20,
      },
    }),
  ],
})
