// Who waits is told when it is likely to go on; and what ended is submitted once more, as it was.
import { check } from './axe';
import { createDemoQueue, expect, rows, signIn, test, visit } from './helpers';

test('a job that waits has a forecast, and one that ended is submitted again', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  const whole = ['sbatch', '--parsable', '-p', 'demo', '-o', '/dev/null', '--exclusive', '--nodes=2', '--time=5'];
  const first = await server.connect(cluster.name, ...whole, '-J', 'ahead', '--wrap=sleep 300');
  await server.connect(cluster.name, ...whole, '-J', 'behind', '--wrap=true');

  await visit(page, `/clusters/${cluster.id}/jobs`);
  const behind = rows(page, 'Jobs', { name: /behind/ });
  await expect(behind).toContainText(/starts about \d\d:\d\d/, { timeout: 90_000 });
  await behind.getByRole('link', { name: /^\d+$/ }).click();
  await expect(page.getByRole('heading', { name: /behind/ })).toBeVisible();
  await expect(page.getByText(/^starts about \d\d:\d\d$/)).toBeVisible();
  await expect(page.getByText(/the job starts about \d\d:\d\d UTC, in/)).toBeVisible();
  await check(page);

  await server.connect(cluster.name, 'scancel', first.trim());
  await visit(page, `/clusters/${cluster.id}/jobs/${first.trim()}`);
  await page.getByRole('link', { name: 'Submit again' }).click();
  await expect(page.getByText(`Filled in as job ${first.trim()} was.`)).toBeVisible();
  await expect(page.getByLabel('Job name')).toHaveValue('ahead');
  await expect(page.getByRole('textbox', { name: 'Nodes' })).toHaveValue('2');
  await expect(page.getByRole('textbox', { name: 'Script' })).toHaveValue(/sleep 300/);
  await check(page);
});
