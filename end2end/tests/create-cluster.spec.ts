// From nothing to a cluster, by mouse and by keyboard; what is wrong is said at its field.
import type { Page } from '@playwright/test';
import { check } from './axe';
import { clusterStatus, expect, signIn, test } from './helpers';

async function open(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Create cluster' }).first().click();
  await expect(page.getByRole('heading', { name: 'Create cluster', level: 1 })).toBeVisible();
}

const next = (page: Page) => page.getByRole('button', { name: 'Next' }).click();
const step = (page: Page, name: string) => page.getByRole('heading', { name, level: 2 });

async function choose(page: Page, field: string, option: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: field, exact: true }).click();
  await page.getByRole('option', { name: option }).first().click();
}

test('a cluster is created by clicking', async ({ page, server }) => {
  await signIn(page, server);
  await open(page);
  await page.getByLabel('Cluster name', { exact: true }).fill('by-mouse');
  await page.getByRole('radio', { name: /^Medium/ }).check();
  await next(page);
  await choose(page, 'Subnet', /private/i);
  await choose(page, 'Security groups', /cluster-getstarted-sg/);
  await next(page);
  await page.getByLabel('Idle time before a node stops', { exact: true }).fill('120');
  await page.getByRole('button', { name: 'Add a setting' }).click();
  await page.getByLabel('Parameter 1').fill('KillWait');
  await page.getByLabel('Value 1').fill('20');
  await page.getByRole('button', { name: 'Add a slurmdbd setting' }).click();
  await page.getByLabel('slurmdbd parameter 1').fill('CommitDelay');
  await page.getByLabel('slurmdbd value 1').fill('soon');
  await page.getByLabel('slurmdbd value 1').blur();
  await expect(page.getByText('The value of CommitDelay must be a whole number').first()).toBeVisible();
  await page.getByLabel('slurmdbd value 1').fill('5');
  await next(page);
  await page.getByRole('button', { name: 'Add a tag' }).click();
  await page.getByLabel('Key 1').fill('project');
  await page.getByLabel('Value 1').and(page.getByRole('textbox')).last().fill('weather');
  await next(page);

  await expect(step(page, 'Review')).toBeFocused();
  await expect(page.getByText('aws pcs create-cluster')).toContainText('--cluster-name by-mouse');
  await page.getByRole('button', { name: 'Create cluster' }).click();

  await expect(page.getByRole('heading', { name: 'by-mouse', level: 1 })).toBeVisible();
  await expect(page.getByText(/by-mouse is (being created|ready)/)).toBeVisible();
  await expect.poll(() => clusterStatus(server, 'by-mouse'), { timeout: 60_000 }).toBe('ACTIVE');
  const { cluster } = await server.pcs('GetCluster', { clusterIdentifier: 'by-mouse' });
  expect(cluster.size).toBe('MEDIUM');
  expect(cluster.slurmConfiguration.scaleDownIdleTimeInSeconds).toBe(120);
  expect(cluster.slurmConfiguration.slurmCustomSettings).toEqual([
    { parameterName: 'KillWait', parameterValue: '20' },
  ]);
  expect(cluster.slurmConfiguration.slurmdbdCustomSettings).toEqual([
    { parameterName: 'CommitDelay', parameterValue: '5' },
  ]);

  await page.goto('about:blank');
  await server.deleteCluster('by-mouse');
});

test('a cluster is created by keyboard alone', async ({ page, server }) => {
  await signIn(page, server);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('create cl');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Create cluster', level: 1 })).toBeVisible();

  const tabTo = async (name: string | RegExp, role: 'textbox' | 'combobox' | 'button') => {
    const target = page.getByRole(role, { name });
    for (let i = 0; i < 40; i++) {
      if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) {
        return;
      }
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab never reached ${name}`);
  };
  await tabTo('Cluster name', 'textbox');
  await page.keyboard.type('by-keyboard');
  await tabTo('Next', 'button');
  await page.keyboard.press('Enter');
  await expect(step(page, 'Network')).toBeFocused();
  await tabTo('Subnet', 'combobox');
  await page.keyboard.type('private');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  for (const name of ['Slurm', 'Tags', 'Review']) {
    await tabTo('Next', 'button');
    await page.keyboard.press('Enter');
    await expect(step(page, name)).toBeFocused();
  }
  await tabTo('Create cluster', 'button');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'by-keyboard', level: 1 })).toBeVisible();
  await expect.poll(() => clusterStatus(server, 'by-keyboard'), { timeout: 60_000 }).toBe('ACTIVE');
  await page.goto('about:blank');
  await server.deleteCluster('by-keyboard');
});

test('what is wrong is said at its field as soon as it is left', async ({ page, server }) => {
  await signIn(page, server);
  await open(page);
  const name = page.getByLabel('Cluster name', { exact: true });
  for (const [typed, message] of [
    ['ab', 'A name has 3 to 40 characters; this one has 2.'],
    ['1abc', 'A name starts with a letter'],
    ['a b c', 'remove \' \''],
  ]) {
    await name.fill(typed);
    await name.blur();
    await expect(name).toHaveAttribute('aria-invalid', 'true');
    await expect(name).toHaveAccessibleDescription(new RegExp(message.replace(/[()]/g, '.')));
  }
  await next(page);
  await expect(page.getByRole('alert')).toContainText('To correct: 1');
  await expect(name).toBeFocused();
  await expect(page.getByRole('button', { name: /^2 ?Network/ })).toHaveAttribute('aria-disabled', 'true');
  await name.fill('right');
  await next(page);

  await next(page);
  await expect(page.getByRole('combobox', { name: 'Subnet' })).toBeFocused();
  await expect(page.getByRole('combobox', { name: 'Subnet' })).toHaveAccessibleDescription(/This is needed/);
  await choose(page, 'Subnet', /private/i);
  await next(page);

  const idle = page.getByLabel('Idle time before a node stops', { exact: true });
  await idle.fill('0');
  await idle.blur();
  await expect(idle).toHaveAccessibleDescription(/whole number from 1 on/);
  await idle.fill('60');
  await page.getByLabel('Prolog', { exact: true }).fill('prolog.d');
  await page.getByLabel('Prolog', { exact: true }).blur();
  await expect(page.getByText('A path begins with a slash')).toBeVisible();
  await page.getByLabel('Prolog', { exact: true }).fill('');
  await expect(page.getByRole('radio', { name: /^On/ }).first()).toBeEnabled();
  await expect(page.getByRole('radio', { name: /^On/ }).last()).toBeEnabled();

  await page.getByRole('button', { name: 'Add a setting' }).click();
  await page.getByLabel('Parameter 1').fill('NoSuchSetting');
  await page.getByLabel('Value 1').fill('1');
  await page.getByLabel('Value 1').blur();
  await expect(page.getByText(/"NoSuchSetting" is not a setting/).first()).toBeVisible();
});

test('unsaved changes are not lost by a slip', async ({ page, server }) => {
  await signIn(page, server);
  await open(page);
  await page.getByLabel('Cluster name', { exact: true }).fill('kept');
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Clusters' }).click();
  await expect(page.getByRole('dialog', { name: 'Leave without saving?' })).toBeVisible();
  await page.getByRole('button', { name: 'Stay on the page' }).click();
  await expect(page.getByLabel('Cluster name', { exact: true })).toHaveValue('kept');

  await page.goBack();
  await expect(page.getByRole('dialog', { name: 'Leave without saving?' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Cluster name', { exact: true })).toHaveValue('kept');

  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Clusters', level: 1 })).toBeVisible();
});

test('the palette finds pages and can be closed', async ({ page, server }) => {
  await signIn(page, server);
  await page.getByRole('button', { name: 'Search' }).click();
  const input = page.getByRole('combobox', { name: 'Page, cluster or action' });
  await expect(input).toBeFocused();
  await input.fill('zzz');
  await expect(page.getByText('Nothing matches. Try fewer letters.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(input).toBeHidden();
  await expect(page.getByRole('button', { name: 'Search' })).toBeFocused();
});

test('help stands beside its field', async ({ page, server }) => {
  await signIn(page, server);
  await open(page);
  await page.getByRole('button', { name: 'Info about Controller size' }).click();
  const help = page.getByRole('complementary', { name: 'Help' });
  await expect(help.getByRole('heading', { name: 'Controller size' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
});

test.describe('without a session', () => {
  test.use({ mayFail: /\/console\// });

  test('what was filled in stays', async ({ page, server, context }) => {
    await signIn(page, server);
    await open(page);
    await page.getByLabel('Cluster name', { exact: true }).fill('later');
    await next(page);
    await choose(page, 'Subnet', /private/i);
    await next(page);
    await next(page);
    await next(page);
    await context.clearCookies();
    await page.getByRole('button', { name: 'Create cluster' }).click();
    await expect(page.getByText('Your session has ended')).toBeVisible();
    const signInLink = page.getByRole('link', { name: 'Sign in' });
    await expect(signInLink).toHaveAttribute('href', /next=%2Fclusters%2Fcreate/);
    await expect(signInLink).toHaveAttribute('target', '_blank');
    await expect(step(page, 'Review')).toBeVisible();
  });
});

test('the wizard is for everybody', async ({ page, server }) => {
  // Six pages, each looked at in every size and theme.
  test.setTimeout(240_000);
  await signIn(page, server);
  await open(page);
  await check(page, 'create cluster, empty');
  await next(page);
  await check(page, 'create cluster, wrong');
  await page.getByLabel('Cluster name', { exact: true }).fill('for-all');
  await next(page);
  await check(page, 'create cluster, network');
  await choose(page, 'Subnet', /private/i);
  await next(page);
  await page.getByRole('button', { name: 'Add a setting' }).click();
  await check(page, 'create cluster, Slurm');
  await page.getByRole('button', { name: 'Remove row 1' }).click();
  await next(page);
  await check(page, 'create cluster, tags');
  await next(page);
  await check(page, 'create cluster, review');
});
