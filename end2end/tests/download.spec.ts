// What a first visit costs: on a slow line a person waits for every kilobyte.
import type { Request } from '@playwright/test';
import { expect, signIn, test, visit } from './helpers';

const MOST = 600_000;

/** What came over the line: the body as it was sent, without its headers. */
async function measure(request: Request) {
  const { responseBodySize } = await request.sizes();
  const encoding = await (await request.response())?.headerValue('content-encoding');
  return { path: new URL(request.url()).pathname, bytes: responseBodySize, encoding };
}

test('the first load of the list is small', async ({ page, server, browser, context }) => {
  await signIn(page, server);
  // Signed in, with nothing in the cache.
  const fresh = await browser.newContext({ baseURL: server.url, storageState: await context.storageState() });
  const first = await fresh.newPage();
  const requests: Request[] = [];
  first.on('requestfinished', (request) => requests.push(request));
  await visit(first, '/clusters');
  await expect(first.getByRole('heading', { name: 'Clusters', level: 1 })).toBeVisible();
  const files = await Promise.all(requests.map(measure));
  await fresh.close();

  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(`first load of the list: ${Math.round(bytes / 1000)} kB in ${files.length} files`);
  expect(bytes).toBeLessThanOrEqual(MOST);
  for (const kind of ['.wasm', '.js', '.css']) {
    const encodings = files.filter(({ path }) => path.endsWith(kind)).map(({ encoding }) => encoding);
    expect(new Set(encodings), kind).toEqual(new Set(['br']));
  }
});
