import { expect, fillSignIn, signIn, test } from './helpers';

test('a visitor signs in before anything is shown', async ({ page, server }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page).toHaveTitle('Sign in · OpenPCS');

  await fillSignIn(page, 'not the password');
  await expect(page.getByRole('alert')).toContainText('do not go together');

  await fillSignIn(page, server.adminPassword);
  await expect(page).toHaveURL(/\/clusters$/);
  await expect(page.getByRole('heading', { name: 'Clusters', level: 1 })).toBeVisible();
  await expect(page.getByText('No clusters yet')).toBeVisible();
  await page.getByText('The same from a terminal').click();
  await expect(page.getByRole('region', { name: 'The same from a terminal' })).toBeVisible();
});

test.describe('of what is not there', () => {
  // What is announced of other clusters makes the page ask once more, and the answer is 404 again.
  test.use({ mayFail: /\/console\// });

  test('signing in leads to the page that was asked for', async ({ page, server }) => {
    await page.goto('/clusters/no-such-cluster');
    await fillSignIn(page, server.adminPassword);
    await expect(page).toHaveURL(/\/clusters\/no-such-cluster$/);
    await expect(page.getByRole('alert')).toContainText('This cluster does not exist');
    await page.getByRole('link', { name: 'Go to the clusters' }).click();
    await expect(page.getByRole('heading', { name: 'Clusters', level: 1 })).toBeVisible();
  });
});

test.describe('signing out', () => {
  // What the page asks in that moment is refused.
  test.use({ mayFail: /\/console\// });

  test('signing out ends the session', async ({ page, server }) => {
    await signIn(page, server);
    await page.getByLabel('Signed in as admin').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    await page.goto('/clusters');
    await expect(page).toHaveURL(/\/sign-in/);
  });
});

test.describe('when the session has ended', () => {
  test.use({ mayFail: /\/console\// });

  test('the next step leads to signing in, and from there on', async ({ page, server, context }) => {
    await signIn(page, server);
    await context.clearCookies();
    // News of a cluster makes the list ask by itself, and it may be the first to notice: then the link is gone.
    await page.getByRole('link', { name: 'Create cluster' }).first().click({ timeout: 5_000 }).catch(() => undefined);
    await expect(page).toHaveURL(/\/sign-in\?next=%2Fclusters/);
    const next = new URL(page.url()).searchParams.get('next');
    await fillSignIn(page, server.adminPassword);
    await expect(page).toHaveURL(`${server.url}${next}`);
  });
});
