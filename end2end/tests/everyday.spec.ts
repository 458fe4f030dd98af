// What pages say goes on being true: a message tells how it ended, next steps stay until a job ran, times are the
// reader's, and a list's address brings its filter and order back. One cluster serves them all.
import type { Browser, Locator, Page } from '@playwright/test';
import { createGroup, expect, queueStates, reload, rows, signIn, test, visit } from './helpers';
import type { Server } from './server';

/** Half an hour off, with summer time. */
const ST_JOHNS = 'America/St_Johns';
const KOLKATA = 'Asia/Kolkata';
const DAY = 24 * 3600 * 1000;

test.use({ timezoneId: ST_JOHNS });

/** `UTC-03:30`: what a clock in that zone shows at that time. */
function offset(zone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return name.replace('GMT', 'UTC');
}

/** As a page tells a time on hover: `2026-11-23 01:35:11 UTC+05:30`. */
function told(zone: string, at: Date): string {
  const local = at.toLocaleString('sv-SE', { timeZone: zone });
  return `${local} ${offset(zone, at)}`;
}

/** A day on which the clocks of the zone stand otherwise than today. */
function otherSeason(zone: string): Date {
  const today = new Date();
  const days = Array.from({ length: 11 }, (_, month) => new Date(today.getTime() + (month + 1) * 30 * DAY));
  const other = days.find((day) => offset(zone, day) !== offset(zone, today));
  if (!other) throw new Error(`${zone} has no summer time`);
  return other;
}

/** Every time in it is told in the zone, and these offsets occur. */
async function areTold(place: Locator, zone: string, offsets: string[]): Promise<void> {
  // Until the page is alive they are told as the server does, in UTC.
  await expect(async () => {
    const times = await place.locator('time').evaluateAll((all) =>
      all.map((time) => ({ at: time.getAttribute('datetime') ?? '', title: (time as HTMLElement).title })),
    );
    expect(times.map(({ title }) => title)).toEqual(times.map(({ at }) => told(zone, new Date(at))));
    const found = times.map(({ at }) => offset(zone, new Date(at)));
    expect([...new Set(found)].sort()).toEqual([...offsets].sort());
  }).toPass({ timeout: 15_000 });
}

const timeline = (page: Page) => page.getByRole('list', { name: 'Timeline' });

async function submit(server: Server, cluster: string, ...words: string[]): Promise<string> {
  const given = await server.connect(cluster, 'sbatch', '--parsable', '-p', 'demo', '--output=/dev/null', ...words);
  return given.trim();
}

/** The same page in a browser of another zone. */
async function isToldElsewhere(browser: Browser, server: Server, path: string): Promise<void> {
  const context = await browser.newContext({ baseURL: server.url, timezoneId: KOLKATA });
  const page = await context.newPage();
  await signIn(page, server);
  await visit(page, path);
  await expect(timeline(page)).toContainText('Ended');
  await areTold(timeline(page), KOLKATA, ['UTC+05:30']);
  await context.close();
}

test('messages, next steps, times and addresses stay true', async ({ page, browser, server, cluster }) => {
  const home = `/clusters/${cluster.id}`;
  await signIn(page, server);
  await visit(page, home);
  const steps = page.getByRole('region', { name: 'Next steps' });
  await expect(steps.getByRole('link')).toHaveText('Create a compute node group');

  await test.step('a message follows what it began to its end', async () => {
    await visit(page, `${home}/queues/create`);
    await page.getByLabel('Queue name').fill('demo');
    for (const _ of [1, 2]) await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Create queue' }).click();
    await expect(page.getByRole('heading', { name: 'demo', level: 1 })).toBeVisible();
    await expect(page.getByText('demo is ready.')).toBeVisible();
    await expect(page.getByText('Queue demo is being created.')).toBeHidden();
  });

  await test.step('next steps stay until there was a job', async () => {
    await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'demo' }).first().click();
    await expect(steps.getByRole('link')).toHaveText('Create a compute node group');
    const group = await createGroup(server, cluster.name, 'compute-1');
    const queue = { clusterIdentifier: cluster.name, queueIdentifier: 'demo' };
    await server.pcs('UpdateQueue', { ...queue, computeNodeGroupConfigurations: [{ computeNodeGroupId: group }] });
    await expect(steps.getByRole('link')).toHaveText('Submit a job');
    await reload(page);
    await expect(steps.getByRole('link')).toHaveText('Submit a job');
    await expect.poll(() => queueStates(server, cluster.name)).toEqual(['ACTIVE']);
  });

  const job = await submit(server, cluster.name, '--job-name=odd', '--wrap=sleep 1');
  await expect(steps).toBeHidden();

  await test.step("times are the reader's", async () => {
    await visit(page, `${home}/jobs/${job}`);
    await expect(page.getByRole('main').getByRole('status').filter({ hasText: 'Completed' })).toBeVisible({
      timeout: 40_000,
    });
    await expect(timeline(page)).toContainText(/\+\d+\.\d s/);
    const now = new Date();
    await areTold(timeline(page), ST_JOHNS, [offset(ST_JOHNS, now)]);
    await isToldElsewhere(browser, server, `${home}/jobs/${job}`);

    const begin = otherSeason(ST_JOHNS);
    const at = Math.floor(begin.getTime() / 1000) - Math.floor(now.getTime() / 1000);
    const later = await submit(server, cluster.name, '--job-name=later', `--begin=now+${at}`, '--wrap=true');
    await visit(page, `${home}/jobs/${later}`);
    await areTold(timeline(page), ST_JOHNS, [offset(ST_JOHNS, now), offset(ST_JOHNS, begin)]);
  });

  await test.step("a list's address brings it back", async () => {
    await visit(page, `${home}/jobs`);
    const list = page.getByRole('region', { name: 'Jobs', exact: true });
    const isShown = async () => {
      await expect(rows(page, 'Jobs', { name: /later/ })).toHaveCount(1);
      await expect(rows(page, 'Jobs', { name: /odd/ })).toHaveCount(0);
      await expect(list.getByRole('combobox', { name: 'Filter jobs' })).toHaveValue('later');
      await expect(list.getByRole('columnheader', { name: 'Job', exact: true })).toHaveAttribute('aria-sort', 'ascending');
      const { searchParams } = new URL(page.url());
      expect(Object.fromEntries(searchParams)).toEqual({ filter: 'later', sort: 'Job' });
    };
    await list.getByRole('combobox', { name: 'Filter jobs' }).fill('later');
    await list.getByRole('button', { name: 'Job', exact: true }).click();
    await isShown();
    await rows(page, 'Jobs', { name: /later/ }).getByRole('link').first().click();
    await expect(page.getByRole('heading', { name: /^Job \d+ · later$/ })).toBeVisible();
    await page.goBack();
    await isShown();
    await reload(page);
    await isShown();

    await visit(page, `${home}/jobs?filter=odd`);
    await expect(rows(page, 'Jobs', { name: /odd/ })).toHaveCount(1);
    await expect(rows(page, 'Jobs', { name: /later/ })).toHaveCount(0);
    await page.getByRole('navigation', { name: 'Parts of the cluster' }).getByRole('link', { name: 'Events' }).click();
    await expect(page).toHaveURL(/\/events$/);
    await page.goBack();
    await expect(rows(page, 'Jobs', { name: /later/ })).toHaveCount(0);

    const many = 'for i in $(seq 60); do sbatch -p demo --hold --job-name=many --output=/dev/null --wrap=true; done';
    await server.connect(cluster.name, 'sh', '-c', many);
    await visit(page, `${home}/jobs?filter=many&page=2`);
    await expect(rows(page, 'Jobs', { name: /many/ })).toHaveCount(10);
    await list.getByRole('button', { name: 'Previous page' }).click();
    await expect(rows(page, 'Jobs', { name: /many/ })).toHaveCount(50);
    expect(new URL(page.url()).searchParams.has('page')).toBe(false);
    await list.getByRole('button', { name: 'Next page' }).click();
    await expect(rows(page, 'Jobs', { name: /many/ })).toHaveCount(10);
    expect(new URL(page.url()).searchParams.get('page')).toBe('2');
  });

  await test.step('a name hides nothing, pushes nothing away and is found as it is shown', async () => {
    const list = page.getByRole('region', { name: 'Jobs', exact: true });
    const hasRoom = (selector: string) =>
      page.locator(selector).evaluate((element) => element.scrollWidth <= element.clientWidth);
    const names: [string, string][] = [
      ['two\nlines', 'two␊lines'],
      ['  a  b ', '  a  b '],
      ['turned\u202eround\u200b', 'turned⟨U+202E⟩round⟨U+200B⟩'],
      ['w'.repeat(300), 'w'.repeat(300)],
    ];
    for (const [name, shown] of names) {
      await submit(server, cluster.name, '--hold', `--job-name=${name}`, '--wrap=true');
      const cell = rows(page, 'Jobs').locator('bdi').filter({ hasText: shown });
      for (const query of [`filter=${encodeURIComponent(name)}`, `where=${encodeURIComponent(`Name = ${shown}`)}`]) {
        await visit(page, `${home}/jobs?${query}`);
        await expect(rows(page, 'Jobs', { name: /Pending/ })).toHaveCount(1);
        expect(await cell.textContent()).toBe(shown);
      }
      await expect(list.getByRole('button', { name: `Remove Name = ${shown.trim()}` })).toBeVisible();
    }
    await expect(rows(page, 'Jobs').locator('bdi[title]').first()).toHaveAttribute('title', 'w'.repeat(300));
    await rows(page, 'Jobs').getByRole('link').first().click();
    await expect(page.getByRole('heading', { name: /^Job \d+ · w+$/ })).toBeVisible();
    const job = page.url();
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const address of [`${home}/jobs`, job]) {
        await visit(page, address);
        expect(await hasRoom('html'), `${address} at ${width}`).toBe(true);
      }
      await visit(page, `${home}/jobs?filter=www`);
      expect(await hasRoom('.data-table-scroll'), `the table at ${width}`).toBe(true);
    }
  });
});
