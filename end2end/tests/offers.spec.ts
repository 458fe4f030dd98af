// Choosing from more than comes at once: the rest is asked for page by page, searched on the server, and known by name.
// The account of the tests is small, so its pages are made small.
import { createGroup, expect, signIn, test, visit } from './helpers';
import type { Page } from '@playwright/test';

const SIZE = 3;

/** What was searched for, in the order of the requests. */
async function smallPages(page: Page): Promise<string[]> {
  const searches: string[] = [];
  await page.route('**/console/list-offers', async (route) => {
    const { query } = route.request().postDataJSON();
    searches.push(query.search);
    await route.continue({ postData: JSON.stringify({ query: { ...query, size: SIZE } }) });
  });
  return searches;
}

const next = (page: Page) => page.getByRole('button', { name: 'Next' }).click();
const field = (page: Page, name: string) => page.getByRole('combobox', { name, exact: true });

test('a long list is searched on the server and shows more when asked', async ({ page, server, cluster }) => {
  await signIn(page, server);
  const searches = await smallPages(page);
  await visit(page, `/clusters/${cluster.id}/compute-node-groups/create`);
  await page.getByLabel('Compute node group name').fill('compute-1');
  await next(page);

  const types = field(page, 'Instance types');
  const options = page.getByRole('option');
  const more = page.getByRole('option', { name: 'Show more' });
  await types.click();
  await expect(options).toHaveCount(SIZE + 1);
  await more.click();
  await expect(options).toHaveCount(2 * SIZE + 1);
  // By keyboard it is the last one.
  await types.press('ArrowUp');
  await types.press('Enter');
  await expect(options).toHaveCount(3 * SIZE + 1);

  const before = searches.length;
  await types.pressSequentially('h100 p5');
  await expect(page.getByRole('option', { name: /^p5\.48xlarge/ })).toBeVisible();
  await expect(more).toBeHidden();
  expect(searches.slice(before), 'not at each key').toEqual(['h100 p5']);
  await types.press('ArrowDown');
  await types.press('Enter');
  await expect(page.getByRole('list', { name: 'Chosen' }).first()).toContainText('p5.48xlarge');
  await types.fill('nothing of that name');
  await expect(page.getByText('Nothing matches. Change or clear what you typed.')).toBeVisible();
  await types.press('Escape');
});

test('what is chosen is known though no page shows it', async ({ page, server, cluster }) => {
  const group = await createGroup(server, cluster.name, 'compute-1');
  await signIn(page, server);
  await smallPages(page);
  await visit(page, `/clusters/${cluster.id}/compute-node-groups/${group}/edit`);
  await next(page);
  await next(page);
  const chosen = page.getByRole('list', { name: 'Chosen' }).filter({ hasText: 'PrivateSubnet' });
  await expect(chosen).toContainText('hpc-networking:PrivateSubnetA');
  await expect(field(page, 'Template')).toHaveValue('compute-getstarted-lt');

  const subnets = field(page, 'Subnets');
  await subnets.click();
  await expect(page.getByRole('option', { name: /PrivateSubnetA/ })).toBeHidden();
  await subnets.fill('PrivateSubnetC');
  await page.getByRole('option', { name: /PrivateSubnetC/ }).click();
  await subnets.press('Escape');
  await expect(chosen).toContainText('hpc-networking:PrivateSubnetC');
  await next(page);
  await next(page);
  await next(page);
  await expect(page.getByText(/hpc-networking:PrivateSubnetA \(subnet-\w+\), hpc-networking:PrivateSubnetC/)).toBeVisible();
});
