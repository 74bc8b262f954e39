import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // Nothing as data: URLs, so that the content security policy can stay strict.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
    license: { fileName: 'licenses.md' },
    rolldownOptions: { input: { index: 'index.html', docs: 'docs.html' } },
  },
  // `npm run dev` shows the page with a running `maillage demo` behind it.
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/openapi.json': 'http://127.0.0.1:8080' } },
});
