// Jobs that ended are found again: by what they were, as a file, and when their cluster is gone.
import { check } from './axe';
import { cell, createDemoQueue, expect, rows, signIn, test, visit } from './helpers';

test('a past job is found, tells what it used, and is in the file', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  await server.connect(cluster.name, 'sbatch', '-p', 'demo', '-J', 'found-again', '-o', '/dev/null', '--wrap=exit 3');

  await visit(page, '/jobs');
  await page.getByRole('navigation', { name: 'Jobs' }).getByRole('link', { name: 'Past jobs' }).click();
  const table = 'Past jobs of all clusters';
  const found = rows(page, table, { name: /found-again.*Failed/ });
  await expect(found).toBeVisible({ timeout: 60_000 });
  await check(page);

  const filter = page.getByRole('combobox', { name: 'Filter past jobs' });
  await filter.fill('State = completed');
  await expect(found).toHaveCount(0);
  await filter.fill('found-again');
  await expect(page).toHaveURL(/filter=found-again/);

  const link = page.getByRole('link', { name: 'Download CSV' });
  await expect(link).toHaveAttribute('href', /found-again/);
  const started = page.waitForEvent('download');
  await link.click();
  expect((await started).suggestedFilename()).toBe('past-jobs.csv');
  const address = (await link.getAttribute('href')) ?? '';
  const file = await (await page.request.get(address)).text();
  expect(file).toMatch(/^cluster_id,cluster,job,name/);
  expect(file).toContain('found-again');

  await page.getByLabel('Ended from').fill('2100-01-01');
  await expect(page).toHaveURL(/from=2100-01-01/);
  await expect(found).toHaveCount(0);
  await page.getByLabel('Ended from').fill('');
  await expect(found).toBeVisible();

  await cell(page, /found-again/, /^\d+$/).getByRole('link').click();
  await expect(page.getByRole('heading', { name: /^Job \d+ · found-again$/ })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Efficiency' })).toContainText('CPU time');
  await check(page);
  await page.getByRole('link', { name: 'Script and output' }).click();
  await expect(page.getByRole('region', { name: 'Script' }).last()).toContainText('exit 3');
});

test.describe('fourteen hours ahead of UTC', () => {
  test.use({ timezoneId: 'Pacific/Kiritimati' });

  test('days are those of who reads', async ({ page, server }) => {
    await signIn(page, server);
    await visit(page, '/jobs/past?from=2026-11-28&to=2026-11-29');
    const midnight = (day: string) => Date.parse(`${day}T00:00:00+14:00`);
    const of = `"from":${midnight('2026-11-28')},"to":${midnight('2026-11-30')}`;
    const link = page.getByRole('link', { name: 'Download CSV' });
    await expect.poll(async () => decodeURIComponent((await link.getAttribute('href')) ?? '')).toContain(of);
    const file = await page.request.get((await link.getAttribute('href')) ?? '');
    expect(await file.text()).toContain('ended (Pacific/Kiritimati)');
  });
});
