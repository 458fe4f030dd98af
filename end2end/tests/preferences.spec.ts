import { expect, isLive, reload, signIn, test } from './helpers';

test('the language stays over a reload', async ({ page, server }) => {
  await signIn(page, server);
  await page.getByLabel('Language', { exact: true }).click();
  await page.getByRole('link', { name: '简体中文' }).click();
  await expect(page.getByRole('heading', { name: '集群', level: 1 })).toBeVisible();
  await isLive(page);
  await reload(page);
  await expect(page.getByRole('heading', { name: '集群', level: 1 })).toBeVisible();

  await page.getByLabel('语言', { exact: true }).click();
  await page.getByRole('link', { name: 'English' }).click();
  await expect(page.getByRole('heading', { name: 'Clusters', level: 1 })).toBeVisible();
});

test('the theme changes at once and stays over a reload', async ({ page, server }) => {
  await signIn(page, server);
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  for (const theme of ['Dark', 'Light']) {
    await page.getByLabel('Theme', { exact: true }).click();
    await page.getByRole('link', { name: theme }).click();
    await expect.poll(scheme).toBe(theme.toLowerCase());
    await reload(page);
    await expect.poll(scheme).toBe(theme.toLowerCase());
  }
});
