// Delivery of a cluster's logs: set up in the wizard, seen to deliver, deleted.
import en from '../../app/locales/en.json' with { type: 'json' };
import zh from '../../app/locales/zh-CN.json' with { type: 'json' };
import { check } from './axe';
import { expect, rows, signIn, test, visit } from './helpers';

test('logs of a cluster are delivered to a directory', async ({ page, server, cluster }) => {
  test.setTimeout(180_000);
  const t = en.deliveries;
  const logs = `/clusters/${cluster.id}/logs`;
  await signIn(page, server);
  await visit(page, logs);
  await page.getByRole('link', { name: t.button, exact: true }).first().click();

  await page.getByRole('radio', { name: t.jobcomp_hint }).check();
  await page.getByRole('radio', { name: t.local }).check();
  const name = page.getByRole('textbox', { name: t.name });
  await name.fill('../elsewhere');
  await name.blur();
  await expect(page.getByText(t.local_wrong).first()).toBeVisible();
  await name.fill('console');
  await check(page, 'set up delivery');
  await page.getByRole('button', { name: en.wizard.next }).click();
  await expect(page.getByRole('region', { name: t.record })).toContainText('node_details');
  await page.getByRole('button', { name: en.wizard.next }).click();
  await expect(page.getByText('aws logs create-delivery').first()).toBeVisible();
  await page.getByRole('button', { name: t.button, exact: true }).click();

  const row = rows(page, t.title, { name: new RegExp(t.local) });
  await expect(row).toHaveCount(1);
  await expect(row.first()).toContainText(t.jobcomp);
  await check(page, 'log delivery');

  await row.first().getByRole('checkbox').check();
  await page.getByRole('region', { name: t.title }).getByRole('button', { name: en.delete.delete, exact: true }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill(`${cluster.id}-local-jobcomp`);
  await dialog.getByRole('button', { name: en.common.delete, exact: true }).click();
  await expect(page.getByText(t.empty_title)).toBeVisible();

  await page.goto(`/console/preference?language=zh-CN&next=${encodeURIComponent(logs)}`);
  await expect(page.getByText(zh.deliveries.empty_title)).toBeVisible();
  await page.goto('/console/preference?language=en&next=%2Fclusters');
});
