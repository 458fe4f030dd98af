import { cell, expect, fillSignIn, test } from './helpers';

test.use({ javaScriptEnabled: false });

test('the console can be read without JavaScript', async ({ page, server, cluster }) => {
  await page.goto('/');
  await fillSignIn(page, server.adminPassword);
  await expect(cell(page, cluster.name, 'Active')).toBeVisible();
  await page.getByRole('cell').getByRole('link', { name: cluster.name }).click();
  await expect(page.getByRole('heading', { name: cluster.name, level: 1 })).toBeVisible();
  const tabs = page.getByRole('navigation', { name: 'Parts of the cluster' });
  await tabs.getByRole('link', { name: 'Nodes', exact: true }).click();
  await expect(page.getByText('No nodes yet')).toBeVisible();
});
