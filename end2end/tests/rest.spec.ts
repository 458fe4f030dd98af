// The Slurm REST API: switched on under a form, asked with a token that a page made, with the command as it stands there.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { check } from './axe';
import { clusterStatus, expect, signIn, test, visit } from './helpers';

const shell = promisify(execFile);

test('a token of the Connect page asks Slurm', async ({ page, server, cluster }) => {
  test.setTimeout(180_000);
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/connect`);
  await expect(page.getByRole('heading', { name: 'The API' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Create a token', exact: true })).toHaveCount(0);

  await visit(page, `/clusters/${cluster.id}/edit`);
  await page.getByRole('radio', { name: /watch jobs over HTTP/ }).check();
  await check(page, 'edit cluster, REST');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('REST API then')).toBeVisible();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('slurmrestd')).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => clusterStatus(server, cluster.name), { timeout: 60_000 }).toBe('ACTIVE');

  await visit(page, `/clusters/${cluster.id}/connect`);
  await expect(page.getByRole('region', { name: "Make a token on the server's host" })).toContainText(
    `openpcs token ${cluster.name}`,
  );
  await page.getByRole('button', { name: 'Create a token', exact: true }).click();
  const command = page.getByRole('region', { name: 'List the jobs with it' });
  await expect(command).toContainText('curl');
  await check(page, 'connect, REST');
  const typed = (await command.textContent()) ?? '';
  const { stdout } = await shell('bash', ['-c', typed.replace('curl ', 'curl -sS ')]);
  expect(JSON.parse(stdout).errors).toEqual([]);

  await page.goto(`/console/preference?language=zh-CN&next=%2Fclusters%2F${cluster.id}%2Fconnect`);
  await page.getByRole('button', { name: '创建令牌', exact: true }).click();
  await expect(page.getByText('到期时间')).toBeVisible();
  await check(page, 'connect, REST, zh-CN');
  await page.goto(`/console/preference?language=en&next=%2Fclusters`);
});
