// The README's tutorial without a terminal, in each language: from sign-in to a finished job's output, then back to
// nothing, by clicking. The texts are the console's own, of its locale files. The pictures stay under test-results.
import { rmSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import en from '../../app/locales/en.json' with { type: 'json' };
import zh from '../../app/locales/zh-CN.json' with { type: 'json' };
import { countLoads, expect, rows, signIn, test } from './helpers';
import { workDirectory } from './server';

type Texts = typeof en;

/** A test leaves nothing in anybody's home. */
let work: string;
test.beforeAll(async () => void (work = await workDirectory()));
test.afterAll(() => rmSync(work, { recursive: true, force: true }));
// An empty cluster is gone before the list of clusters is there: the page that is left may ask for it once more.
test.use({ mayFail: /\/console\/(get-cluster|troubles)$/ });

const SCRIPT = `#!/bin/bash
echo "hello from $SLURMD_NODENAME"
sleep 2
echo "Job complete"
`;

/** What differs between the tutorial's two groups. */
interface Group {
  name: string;
  scaling: 'always' | 'dynamic';
  nodes: string;
  template: string;
  subnet: string;
}

const LOGIN: Group = {
  name: 'login',
  scaling: 'always',
  nodes: '1',
  template: 'login-getstarted-lt',
  subnet: 'hpc-networking:PublicSubnetA',
};
const COMPUTE: Group = {
  name: 'compute-1',
  scaling: 'dynamic',
  nodes: '4',
  template: 'compute-getstarted-lt',
  subnet: 'hpc-networking:PrivateSubnetA',
};

const heading = (page: Page, name: string, level: number) =>
  expect(page.getByRole('heading', { name, level, exact: true })).toBeVisible();

const field = (page: Page, name: string): Locator => page.getByRole('textbox', { name, exact: true });

// An empty list offers its next step twice.
const pressLink = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first().click();

const pressButton = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** The status of what the page is about: it follows by itself. */
const status = (page: Page, text: string) =>
  expect(page.getByRole('main').getByRole('status').getByText(text, { exact: true })).toBeVisible({ timeout: 60_000 });

async function choose(page: Page, name: string, option: string): Promise<void> {
  const input = page.getByRole('combobox', { name, exact: true });
  await input.click();
  await page.getByRole('option', { name: option }).first().click();
  await input.press('Escape');
}

async function openTab(page: Page, t: Texts, name: string): Promise<void> {
  const tab = page.getByRole('navigation', { name: t.cluster.tabs }).getByRole('link', { name, exact: true });
  await tab.click();
  await expect(tab).toHaveAttribute('aria-current', 'page');
}

/** Up to a page above the one shown. */
const climb = (page: Page, t: Texts, to: string) =>
  page.getByRole('navigation', { name: t.common.breadcrumbs }).getByRole('link', { name: to, exact: true }).click();

let picture = 0;
test.beforeEach(() => {
  picture = 0;
});

/** A picture of a station, in the order of the way. */
async function look(page: Page, what: string): Promise<void> {
  picture += 1;
  const number = `${picture}`.padStart(2, '0');
  // What sticks to the window is in the picture where the window stands.
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: test.info().outputPath(`${number} ${what}.png`), fullPage: true });
}

async function createCluster(page: Page, t: Texts, name: string): Promise<void> {
  const next = () => pressButton(page, t.wizard.next);
  await pressLink(page, t.create_cluster.title);
  await heading(page, t.create_cluster.title, 1);
  await field(page, t.create_cluster.name).fill(name);
  await look(page, 'create cluster, name');
  await next();
  await choose(page, t.create_cluster.subnet, 'PrivateSubnetA');
  await choose(page, t.create_cluster.security_groups, 'cluster-getstarted-sg');
  await look(page, 'create cluster, network');
  await next();
  await field(page, t.create_cluster.idle_time).fill('60');
  await look(page, 'create cluster, Slurm');
  await next();
  await heading(page, t.create_cluster.tags, 2);
  await next();
  await heading(page, t.wizard.review, 2);
  await look(page, 'create cluster, review');
  await pressButton(page, t.create_cluster.submit);
  await heading(page, name, 1);
  await look(page, 'cluster, being created');
  await status(page, t.status.active);
  await look(page, 'cluster, active');
}

async function createGroup(page: Page, t: Texts, group: Group): Promise<void> {
  const words = t.create_group;
  const next = () => pressButton(page, t.wizard.next);
  await pressLink(page, words.button);
  await heading(page, words.title, 1);
  await field(page, words.name).fill(group.name);
  await page.getByRole('radio', { name: new RegExp(`^${words[group.scaling]}`) }).check();
  await field(page, words.count).fill(group.nodes);
  await look(page, `create ${group.name}, name`);
  await next();
  await choose(page, words.types, 'c6i.xlarge');
  await look(page, `create ${group.name}, instances`);
  await next();
  await choose(page, words.template, group.template);
  await choose(page, words.profile, 'AWSPCS-getstarted-role');
  await choose(page, words.subnets, group.subnet);
  await look(page, `create ${group.name}, launch`);
  await next();
  await heading(page, words.slurm, 2);
  await look(page, `create ${group.name}, Slurm`);
  await next();
  await heading(page, t.node_life.title, 2);
  await look(page, `create ${group.name}, scripts`);
  await next();
  await heading(page, t.wizard.review, 2);
  await look(page, `create ${group.name}, review`);
  await pressButton(page, words.button);
  await heading(page, group.name, 1);
  await status(page, t.status.active);
  await look(page, group.name);
}

async function createQueue(page: Page, t: Texts): Promise<void> {
  const next = () => pressButton(page, t.wizard.next);
  await pressLink(page, t.create_queue.button);
  await heading(page, t.create_queue.title, 1);
  await field(page, t.create_queue.name).fill('demo');
  await choose(page, t.create_queue.groups, COMPUTE.name);
  await look(page, 'create queue');
  await next();
  await heading(page, t.create_queue.settings_step, 2);
  await next();
  await heading(page, t.wizard.review, 2);
  await look(page, 'create queue, review');
  await pressButton(page, t.create_queue.button);
  await heading(page, 'demo', 1);
  await status(page, t.status.active);
  await look(page, 'queue');
}

async function runJob(page: Page, t: Texts): Promise<void> {
  await pressLink(page, t.jobs.submit);
  await field(page, t.submit_job.script).fill(SCRIPT);
  await field(page, t.submit_job.name).fill('single');
  await field(page, t.submit_job.working_directory).fill(work);
  await look(page, 'submit a job');
  await pressButton(page, t.submit_job.submit);
  await heading(page, `${t.job.title.replace('{job}', '1')} · single`, 2);
  await look(page, 'job, submitted');
  const output = page.getByRole('log', { name: t.job.output });
  await expect(output).toContainText('hello from compute-1-1', { timeout: 40_000 });
  await look(page, 'job, running');
  await expect(page.getByRole('list', { name: t.job.timeline })).toContainText(t.job.running);
  await expect(output).toContainText('Job complete');
  await status(page, t.jobs.completed);
  await look(page, 'job, completed');
}

/** Deletes what the page is about; its list comes up and loses it. `listed` is what the API still lists. */
async function remove(
  page: Page,
  t: Texts,
  name: string,
  list: RegExp,
  listed: () => Promise<unknown>,
  button = t.delete.delete,
) {
  await pressButton(page, button);
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: t.forms.type_name.replace('{name}', name) }).fill(name);
  await look(page, `delete ${name}`);
  await dialog.getByRole('button', { name: t.common.delete }).click();
  await expect(page.getByRole('heading', { name: list, level: 2 })).toBeVisible();
  await expect.poll(async () => JSON.stringify(await listed()), { timeout: 60_000 }).not.toContain(`"${name}"`);
  // The events of the page that was left name it too.
  const row = rows(page, list).filter({ has: page.getByRole('link', { name, exact: true }) });
  await expect(row).toBeHidden();
  await look(page, `without ${name}`);
}

for (const [t, cluster] of [
  [en, 'get-started'],
  [zh, 'ru-men'],
] as [Texts, string][]) {
  test(`from sign-in to a job's output: ${t.common.language_name}`, async ({ page, server }) => {
    test.setTimeout(180_000);
    await signIn(page, server);
    await page.getByLabel(en.frame.language, { exact: true }).click();
    await page.getByRole('link', { name: t.common.language_name }).click();
    await heading(page, t.clusters.title, 1);
    await expect(page.getByText(t.clusters.empty_title)).toBeVisible();
    await look(page, 'no clusters');
    const loads = countLoads(page);

    await createCluster(page, t, cluster);
    await openTab(page, t, t.cluster.groups);
    await look(page, 'no groups');
    await createGroup(page, t, LOGIN);
    await climb(page, t, t.cluster.groups);
    await createGroup(page, t, COMPUTE);
    await climb(page, t, t.cluster.groups);
    await look(page, 'groups');
    await openTab(page, t, t.cluster.queues);
    await look(page, 'no queues');
    await createQueue(page, t);
    await climb(page, t, cluster);
    await openTab(page, t, t.cluster.jobs);
    await look(page, 'no jobs');
    await runJob(page, t);
    await openTab(page, t, t.cluster.nodes);
    const node = rows(page, t.nodes.title).filter({ has: page.getByRole('link', { name: 'compute-1-1' }) });
    await expect(node.getByText(t.nodes.idle, { exact: true })).toBeVisible();
    await look(page, 'nodes');
    for (const tab of ['details', 'jobs', 'events'] as const) {
      await openTab(page, t, t.cluster[tab]);
      await look(page, tab);
    }

    for (const [tab, name, list] of [
      [t.cluster.queues, 'demo', 'ListQueues'],
      [t.cluster.groups, COMPUTE.name, 'ListComputeNodeGroups'],
      [t.cluster.groups, LOGIN.name, 'ListComputeNodeGroups'],
    ]) {
      await openTab(page, t, tab);
      await rows(page, new RegExp(`^${tab}`)).getByRole('link', { name, exact: true }).click();
      await heading(page, name, 1);
      const listed = () => server.pcs(list, { clusterIdentifier: cluster });
      await remove(page, t, name, new RegExp(`^${tab}`), listed);
    }
    const clusters = () => server.pcs('ListClusters');
    await remove(page, t, cluster, new RegExp(`^${t.clusters.all}`), clusters, t.cluster.delete);
    await expect(page.getByText(t.clusters.empty_title)).toBeVisible();
    expect(loads(), 'pages that were loaded anew').toBe(0);
  });
}
