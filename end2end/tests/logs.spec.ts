// The log of a cluster is searched: by words, level, time and daemon, from the address, with and without script.
import { check } from './axe';
import { expect, signIn, test, visit } from './helpers';

test('the log of a cluster is searched, and the search is in the address', async ({ page, server, cluster }) => {
  await signIn(page, server);
  await visit(page, '/logs');
  await page.getByRole('navigation', { name: 'Cluster', exact: true }).getByRole('link', { name: cluster.name, exact: true }).click();
  await expect(page).toHaveURL(/logs\?cluster=/);
  const lines = page.getByRole('list', { name: 'Lines, newest first' });
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await check(page, 'logs');

  await page.getByLabel('Words').fill('slurmctld VERSION');
  await page.getByRole('search').getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(/text=slurmctld%20VERSION/);
  await expect(lines.locator('mark').first()).toHaveText('slurmctld');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toBe('log.txt');

  await lines.getByRole('link').first().click();
  await expect(page).toHaveURL(/around=\d+/);
  await expect(lines.locator('[aria-current="true"]').first()).toBeVisible();

  await page.getByLabel('Words').fill('nothing has this');
  await page.getByLabel('Words').press('Enter');
  await expect(page.getByText('No such lines')).toBeVisible();
  await page.goBack();
  await expect(lines.getByRole('listitem').first()).toBeVisible();
});

test('the tab of a cluster searches, and follows as it is written', async ({ page, server, cluster }) => {
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/logs`);
  const lines = page.getByRole('list', { name: 'Lines, newest first' });
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await page.getByRole('navigation', { name: 'Which daemon\'s' }).getByRole('link', { name: 'slurmdbd', exact: true }).click();
  await expect(page).toHaveURL(/daemon=slurmdbd/);
  await page.getByLabel('Level').selectOption('Error and above');
  await expect(page).toHaveURL(/level=error/);
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  await expect(page.getByRole('log', { name: 'Controller log' })).toContainText('slurmctld');
});
