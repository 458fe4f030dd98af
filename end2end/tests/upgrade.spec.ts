// The Slurm version of a cluster: when it will be suspended, and what the edit page says before it goes to a newer one.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './axe';
import { expect, signIn, test as base, visit } from './helpers';
import { Server } from './server';

const INSTALLED = process.env.OPENPCS_SCHEDULER_ROOT ?? '/opt/openpcs/scheduler';

/** A server that has two versions, of which one is a second name of the other. */
const test = base.extend<{}, { server: Server }>({
  server: [
    async ({}, use) => {
      const scheduler = await mkdtemp(join(tmpdir(), 'openpcs-scheduler-'));
      for (const version of ['24.11', '25.11']) {
        await symlink(join(INSTALLED, 'slurm-24.11'), join(scheduler, `slurm-${version}`));
      }
      await writeFile(join(scheduler, 'versions.json'), '{"24.11": {"endOfLife": "2098-01-01", "suspendFrom": "2099-01-01"}}');
      const server = await Server.start({ OPENPCS_SCHEDULER_ROOT: scheduler });
      await use(server);
      await server.stop();
      await rm(scheduler, { recursive: true });
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test('a cluster says when it is suspended, and its edit page what a newer version does', async ({
  page,
  server,
  cluster,
}) => {
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}`);
  const ahead = page.getByRole('status').filter({ hasText: 'This cluster is suspended on 2099-01-01' });
  await expect(ahead).toContainText('Update the cluster to a newer Slurm version before.');
  await check(page, 'cluster, suspension ahead');
  await ahead.getByRole('link', { name: 'Edit cluster' }).click();

  await expect(page.getByRole('radio', { name: /^Slurm 24\.11/ })).toBeChecked();
  await expect(page.getByRole('radio', { name: /^Slurm 26\.05/ })).toBeDisabled();
  await page.getByRole('radio', { name: /^Slurm 25\.11/ }).check();
  await expect(page.getByText('What the update from Slurm 24.11 to 25.11 does')).toBeVisible();
  await check(page, 'edit cluster, newer version');
  await page.getByRole('button', { name: 'Next' }).click();
  const plan = page.getByRole('region', { name: 'What this changes' });
  await expect(plan.getByRole('row', { name: /version/ })).toContainText('25.11');
});
