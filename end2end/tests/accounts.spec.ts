// Accounts, users, QOS and reservations by clicking; what is wrong is said at its field.
import { check } from './axe';
import { clusterStatus, createCluster, createDemoQueue, expect, rows, signIn, test, visit } from './helpers';

test('accounts and users are made, limited and deleted', async ({ page, server }) => {
  const { cluster } = await server.pcs('CreateCluster', {
    clusterName: 'shared',
    size: 'SMALL',
    scheduler: { type: 'SLURM', version: '24.11' },
    slurmConfiguration: { accounting: { mode: 'STANDARD' } },
    networking: { subnetIds: [server.ids.subnet], securityGroupIds: [server.ids.securityGroup] },
  });
  await expect.poll(() => clusterStatus(server, 'shared'), { timeout: 60_000 }).toBe('ACTIVE');
  await createDemoQueue(server, 'shared');
  await server.connect('shared', 'sbatch', '-p', 'demo', '-o', '/dev/null', '--wrap=sleep 3');
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/accounts`);

  await page.getByRole('button', { name: 'Add account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('a,b');
  await dialog.getByLabel('Resources in all').fill('cpu');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Write it as cpu=8,node=2', { exact: false })).toBeVisible();
  await dialog.getByLabel('Name', { exact: true }).fill('physics');
  await dialog.getByLabel('Resources in all').fill('cpu=64');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const physics = rows(page, 'Accounts and users', { name: /physics/ });
  await expect(physics.getByText('GrpTRES=cpu=64')).toBeVisible();

  await physics.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Add user' }).click();
  await dialog.getByLabel('User', { exact: true }).fill('jane');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const jane = rows(page, 'Accounts and users', { name: /jane/ });
  await expect(jane.getByText('default')).toBeVisible();

  await jane.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByLabel(/jane/).fill('jane');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(jane).toHaveCount(0);

  await visit(page, `/clusters/${cluster.id}/qos`);
  await page.getByRole('button', { name: 'Add QOS' }).click();
  await dialog.getByLabel('Name', { exact: true }).fill('high');
  await dialog.getByLabel('Priority').fill('10');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(rows(page, 'QOS', { name: /high/ })).toBeVisible();

  const used = rows(page, 'Usage', { name: /demo/ });
  await expect(async () => {
    await visit(page, `/clusters/${cluster.id}/accounts`);
    await expect(used).toBeVisible({ timeout: 2_000 });
  }).toPass();
  const overTime = page.getByRole('region', { name: 'Usage over time' });
  await overTime.getByLabel('By').selectOption('Queue');
  await expect(overTime.getByRole('figure', { name: 'CPU hours' })).toContainText('demo');
  await overTime.getByText('The numbers as a table').click();
  await expect(overTime.getByRole('columnheader', { name: 'demo' })).toBeVisible();
  await check(page, 'usage');

  await visit(page, `/clusters/${cluster.id}/logs?mode=live`);
  const log = page.getByRole('log', { name: 'Controller log' });
  await page.getByRole('button', { name: 'slurmdbd' }).click();
  await expect(log).toContainText('slurmdbd version');
  await page.getByRole('button', { name: 'slurmctld' }).click();
  await expect(log).toContainText('slurmctld version');
  await page.goto('about:blank');
  await server.deleteCluster('shared');
});

test('a cluster without accounting says how to get it', async ({ page, server, cluster }) => {
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/accounts`);
  await expect(page.getByText('This cluster keeps no accounts')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Switch accounting on' })).toBeVisible();
});

test('accounting is switched on where the page leads to', async ({ page, server }) => {
  test.setTimeout(180_000);
  const { id } = await createCluster(server, 'kept');
  await expect.poll(() => clusterStatus(server, 'kept'), { timeout: 60_000 }).toBe('ACTIVE');
  await signIn(page, server);
  await visit(page, `/clusters/${id}/accounts`);
  await page.getByRole('link', { name: 'Switch accounting on' }).click();
  await page.getByRole('radio', { name: /sacct and sreport read them/ }).check();
  await page.getByRole('textbox', { name: /Accounting records kept/ }).fill('90');
  await check(page, 'edit cluster, accounting');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('On, records are kept for 90 days')).toBeVisible();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect.poll(() => clusterStatus(server, 'kept'), { timeout: 90_000 }).toBe('ACTIVE');
  await visit(page, `/clusters/${id}`);
  await expect(page.getByText('90 days')).toBeVisible();
  await visit(page, `/clusters/${id}/accounts`);
  await expect(rows(page, 'Accounts and users', { name: /root/ }).first()).toBeVisible();
  await page.goto('about:blank');
  await server.deleteCluster('kept');
});
