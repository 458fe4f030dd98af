// The console in a browser. Each worker starts a server of its own: tests/server.ts.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// The system's browser: the tests never download one.
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  reporter: 'list',
  retries: 0,
  workers: 2,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    // Whatever turns while somebody waits is drawn by the processors, at sixty pictures a second.
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    // It takes a third of all the time: `npx playwright test --trace on` where a picture does not tell enough.
    trace: 'off',
    launchOptions: {
      executablePath: browsers.find((path) => existsSync(path)),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
