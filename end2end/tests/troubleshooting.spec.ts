// Troubleshooting: from a code to what to do about it, and the bundle for whoever looks further.
import { check } from './axe';
import { expect, signIn, test } from './helpers';

test('a code is found by its words and says what to do', async ({ page, server }) => {
  await signIn(page, server);
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Troubleshooting' }).click();
  await expect(page.getByRole('heading', { name: 'Troubleshooting', level: 1 })).toBeVisible();
  await check(page, 'troubleshooting');

  await page.getByRole('searchbox', { name: 'Search codes' }).fill('ControllerStart');
  await expect(page.getByRole('region', { name: 'Jobs' })).toHaveCount(0);
  await page.getByRole('link', { name: 'The controller did not start' }).click();
  await expect(page).toHaveURL(/\/troubleshooting\/ControllerStartFailed$/);
  await expect(page.getByRole('heading', { name: 'The controller did not start', level: 1 })).toBeVisible();
  const see = page.getByRole('region', { name: 'How to see it' });
  await expect(see).toContainText('openpcs diagnose CLUSTER_ID');
  await expect(page.getByRole('region', { name: 'Causes, the likeliest first' }).getByRole('listitem').first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'What to do' })).toContainText('slurmctld');
  await check(page, 'a page of troubleshooting');
});

test('words that no code has are answered', async ({ page, server }) => {
  await signIn(page, server);
  await page.goto('/troubleshooting');
  await page.getByRole('searchbox', { name: 'Search codes' }).fill('no such words');
  await expect(page.getByText('No code has these words.')).toBeVisible();
});

test('the bundle is a download', async ({ page, server }) => {
  await signIn(page, server);
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'System' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download diagnostics' }).click();
  expect((await download).suggestedFilename()).toMatch(/^openpcs-diagnostics-.*\.tar\.gz$/);
});
