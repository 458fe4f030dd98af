// The page Audit trail: who asked for what, filtered by the address, with the record behind each line.
import { check } from './axe';
import { expect, holdPart, signIn, test, visit } from './helpers';

test('who signed in and what they asked for is on the page', async ({ page, server }) => {
  await signIn(page, server);
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Audit trail' }).click();
  await expect(page.getByRole('heading', { name: 'Audit trail', level: 1 })).toBeVisible();
  const trail = page.getByRole('list', { name: 'Audit trail' });
  const records = (operation: RegExp) => trail.getByRole('listitem').filter({ hasText: operation });
  await expect(records(/ConsoleLogin/).first()).toContainText('Allowed');
  // Who looks for nothing else is shown no reads.
  await expect(records(/ListClusters/)).toHaveCount(0);
  await check(page, 'audit trail');

  const form = page.getByRole('search', { name: 'Filter records' });
  await form.getByLabel('Operation').fill('ConsoleLogin');
  await form.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(/operation=ConsoleLogin/);
  await records(/ConsoleLogin/).first().locator('summary').click();
  await expect(trail.getByRole('region', { name: 'Record' }).first()).toContainText('"eventType": "AwsConsoleSignIn"');
  await check(page, 'a record of the audit trail');

  await form.getByLabel('Operation').fill('');
  await form.getByLabel('Kind').selectOption('Reads');
  await form.getByRole('button', { name: 'Search' }).click();
  await expect(records(/ListClusters/).first()).toContainText('Allowed');

  await form.getByRole('link', { name: 'Verify the chain' }).click();
  await expect(page.getByText(/\d+ records, none missing or changed\./)).toBeVisible();
  const download = page.waitForEvent('download');
  await form.getByRole('link', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toBe('audit.csv');
});

test('an address says what is looked for, in Chinese too', async ({ page, server }) => {
  await signIn(page, server);
  await visit(page, '/audit?operation=Nothing');
  await expect(page.getByText('No record is like this')).toBeVisible();
  await page.goto('/console/preference?language=zh-CN&next=/audit');
  await expect(page.getByRole('heading', { name: '审计记录', level: 1 })).toBeVisible();
});

test('a link that is followed while the page is on its way leads where it says', async ({ page, server }) => {
  await signIn(page, server);
  const part = await holdPart(page);
  await page.goto('/audit?readOnly=true', { waitUntil: 'commit' });
  await part.isAsked;
  await page.getByRole('link', { name: 'Verify the chain' }).click({ noWaitAfter: true });
  await page.waitForURL(/verify=yes/, { waitUntil: 'commit' });
  part.send();
  await expect(page.getByText(/\d+ records, none missing or changed\./)).toBeVisible();
});
