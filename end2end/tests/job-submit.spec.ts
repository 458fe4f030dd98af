// The script that is asked of each job: named on a form, checked as it is typed, with examples to begin with.
import { check } from './axe';
import { expect, signIn, test, visit } from './helpers';

const LABEL = 'Script asked of each job';
const ADDRESS = 's3://scripts/rules.star';

test('a script for jobs is named on the edit page', async ({ page, server, cluster }) => {
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/edit`);
  const address = page.getByRole('textbox', { name: LABEL });
  await address.fill('/etc/rules.star');
  await page.getByText('Every job has a time limit').click();
  await expect(page.getByText('Give an address of the form s3://BUCKET/KEY.')).toBeVisible();
  const example = page.getByRole('region', { name: 'Every job has a time limit' });
  await expect(example).toContainText('def job_submit(job, partitions, uid):');
  await check(page, 'edit cluster, script for jobs');

  await address.fill(ADDRESS);
  await page.getByRole('textbox', { name: 'Name' }).fill('site');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('aws pcs update-cluster')).toContainText(ADDRESS);
  await expect(page.getByText(ADDRESS, { exact: true }).first()).toBeVisible();
});
