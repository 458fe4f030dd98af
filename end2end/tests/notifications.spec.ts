// Notifications: a channel with its test, a rule, the message that it sends, and the bell that rings for the same.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { check } from './axe';
import { createDemoQueue, expect, rows, signIn, test, visit } from './helpers';

test('a channel that cannot be reached says why', async ({ page, server }) => {
  await signIn(page, server);
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Notifications' }).click();
  await expect(page.getByRole('heading', { name: 'Notifications', level: 1 })).toBeVisible();
  await expect(page.getByText('No channel yet')).toBeVisible();
  await check(page, 'notifications, empty');

  await page.getByRole('button', { name: 'Add channel' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add channel' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Give a URL that begins with https://')).toBeVisible();
  await dialog.getByLabel('Name').fill('ops');
  await dialog.getByLabel('URL').fill('https://169.254.169.254/latest');
  await dialog.getByLabel('Signing secret').fill('a secret of the receiver');
  await check(page, 'add a channel');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();

  const row = rows(page, 'Channels', { name: /ops/ });
  await expect(row).toContainText('Not used yet');
  await row.getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByText('The test did not arrive')).toBeVisible();
  await expect(page.getByText(/Nothing is sent to 169\.254\.169\.254/)).toBeVisible();
  await row.getByRole('button', { name: 'Edit' }).click();
  await expect(page.getByRole('dialog').getByLabel('Signing secret')).toHaveValue('');
});

test('a job that fails rings the bell', async ({ page, server, cluster }) => {
  test.setTimeout(180_000);
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  const bell = page.getByLabel('Notices', { exact: true }).and(page.locator('summary'));
  await page.getByLabel(/^Notices/).and(page.locator('summary')).click();
  const markAll = page.getByRole('button', { name: 'Mark all as read' });
  // What other tests did may have rung it, too; where nothing did, it says so.
  const nothing = page.getByText('Nothing new');
  const read = page.getByRole('list', { name: 'Notices' }).getByRole('link').first();
  await expect(nothing.or(read)).toBeVisible();
  if (await markAll.isVisible()) await markAll.click();
  await expect(bell).toBeVisible();
  await visit(page, `/clusters/${cluster.name}/jobs/submit`);
  await page.getByRole('textbox', { name: 'Script', exact: true }).fill('#!/bin/bash\nexit 3\n');
  await page.getByLabel('Job name').fill('fails');
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await expect(page.getByRole('heading', { name: /^Job \d+ · fails$/ })).toBeVisible();

  // It rings by itself, whatever page is open.
  const rings = page.getByLabel(/^Notices, \d+ unread/).and(page.locator('summary'));
  await rings.click({ timeout: 120_000 });
  const notices = page.getByRole('list', { name: 'Notices' });
  await expect(notices.getByRole('link', { name: /Job \d+: FAILED/ }).first()).toBeVisible();
  await check(page, 'the bell');
  await markAll.click();
  await expect(bell).toBeVisible();
});

// A time zone that is none is refused.
test.use({ mayFail: /change-notifications/ });

test('a rule sends to a receiver only where the server may', async ({ page, server }) => {
  const posts: string[] = [];
  const receiver = createServer((request, response) => {
    posts.push(request.headers['webhook-signature'] as string);
    response.writeHead(204).end();
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  const { port } = receiver.address() as AddressInfo;
  await signIn(page, server);
  await visit(page, '/notifications');
  await page.getByRole('button', { name: 'Add channel' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add channel' });
  await dialog.getByLabel('Name').fill('here');
  await dialog.getByLabel('URL').fill(`http://127.0.0.1:${port}/`);
  await dialog.getByLabel('Signing secret').fill('a secret of the receiver');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();

  await page.getByRole('button', { name: 'Add rule' }).click();
  const rule = page.getByRole('dialog', { name: 'Add rule' });
  await rule.getByLabel('Name').fill('failures');
  await rule.getByRole('button', { name: 'Save' }).click();
  await expect(rule.getByText('Select at least one.')).toBeVisible();
  await rule.getByLabel('Node failed').check();
  await rule.getByLabel('Quiet times').check();
  await rule.getByLabel('Time zone').fill('Mars/Olympus');
  await rule.getByRole('button', { name: 'Save' }).click();
  await expect(rule.getByText('Such as Europe/Berlin').last()).toBeVisible();
  await rule.getByLabel('Time zone').fill('Europe/Berlin');
  await check(page, 'add a rule');
  await rule.getByRole('button', { name: 'Save' }).click();
  await expect(rule).toBeHidden();
  await expect(rows(page, 'Rules', { name: /failures/ })).toContainText('Node failed');

  await rows(page, 'Channels', { name: /here/ }).getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByText('The test did not arrive')).toBeVisible();
  expect(posts, 'the server was not told that it may').toEqual([]);
  receiver.close();
});
