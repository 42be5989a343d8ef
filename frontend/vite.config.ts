import { fileURLToPath } from 'node:url';
import { lingui } from '@lingui/vite-plugin';
import preact from '@preact/preset-vite';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';
import { className } from './scripts/className';
import { messagesInPlace } from './scripts/messagesInPlace';

const server = process.env.SORTEOS_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [
    // The source is React; what ships is preact/compat, at a third of the bytes.
    preact({
      babel: {
        plugins: [
          ['@lingui/babel-plugin-lingui-macro', { stripMessageField: false }],
          messagesInPlace,
        ],
      },
    }),
    lingui(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/offline',
      filename: 'serviceWorker.ts',
      // The page registers its worker itself, without a script in the HTML.
      injectRegister: false,
      manifest: false,
      injectManifest: {
        rollupFormat: 'iife',
        globPatterns: ['index.html', 'icon.svg', 'manifest.webmanifest', 'assets/*.{js,css}'],
        // The other languages come when somebody wants them.
        globIgnores: ['assets/{en,pt}-*.js'],
        manifestTransforms: [
          (entries) => ({
            // A build is the same bytes wherever it is made, also where folders list otherwise.
            manifest: entries.sort((one, other) => (one.url < other.url ? -1 : 1)),
            warnings: [],
          }),
        ],
      },
    }),
  ],
  resolve: {
    alias: {
      // Applications that use the SDK call it `@`, as does its example in tests/seed.
      '@': fileURLToPath(new URL('src/sdk', import.meta.url)),
      // The router's stand-in for a hook that is there is CommonJS, for which all of React is kept.
      'use-sync-external-store/shim/index.js': 'preact/compat',
    },
  },
  css: { modules: { generateScopedName: className } },
  build: {
    outDir: fileURLToPath(new URL('../sorteos_actors/web/static', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the first page needs comes in one piece: that is smaller than many, and sooner there.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'index', tags: ['$initial'] }] } },
    },
  },
  // Host stays the page's own: the server compares it with the Origin of a WebSocket.
  server: { proxy: { '/api': { target: server, ws: true } } },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.{ts,tsx}'],
    // Libraries that use React must meet the same stand-in for it as our own code.
    server: { deps: { inline: ['@lingui/react', 'wouter'] } },
  },
});
