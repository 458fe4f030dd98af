// What the form says of a script while it is written: lines that look like options and that Slurm passes over.
import { createDemoQueue, expect, signIn, test, visit } from './helpers';

test('lines of a script that Slurm passes over are told', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/jobs`);
  await page.getByRole('link', { name: 'Submit a job' }).first().click();
  const script = page.getByRole('textbox', { name: 'Script', exact: true });
  await script.fill('#!/bin/bash\n#SBATCH -J named\n  #SBATCH -n 3\n#SBATCH\u00a0-N 2\nset -e\n#SBATCH -N 4\nhostname\n');
  await expect(page.getByText(/^Line 3: .*something stands before it/)).toBeVisible();
  await expect(page.getByText(/^Line 4: .*no-break space/)).toBeVisible();
  await expect(page.getByText(/^Line 6: .*a command stands above it/)).toBeVisible();
  await script.fill('#!/bin/bash\n#SBATCH -J named\n#SBATCH -n 3\nhostname\n');
  await expect(page.getByText(/^Line \d+: /)).toHaveCount(0);
});
