// A real server with a data directory of its own, and the ways to it other than the browser.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AwsClient } from 'aws4fetch';

const run = promisify(execFile);
const START_LIMIT = 30_000;
const DELETE_LIMIT = 60_000;

function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`make test\` sets it`);
  return value;
}

/** A new directory for jobs to write to: where the server is root, they run as another user. */
export async function workDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'openpcs-work-'));
  await chmod(directory, 0o777);
  return directory;
}

export interface ClusterIds {
  subnet: string;
  securityGroup: string;
  launchTemplate: string;
  instanceProfile: string;
  image: string;
}

export class Server {
  /** How often it was ended to be started again. */
  restarts = 0;

  private constructor(
    readonly url: string,
    readonly adminPassword: string,
    readonly ids: ClusterIds,
    readonly dataDir: string,
    private readonly workDir: string,
    private readonly client: AwsClient,
    private process: ChildProcess,
    private readonly environment: Record<string, string>,
  ) {}

  /** With that in its environment beside what all have. */
  static async start(environment: Record<string, string> = {}): Promise<Server> {
    const dataDir = await mkdtemp(join(tmpdir(), 'openpcs-end2end-'));
    const server = serve(dataDir, '127.0.0.1:0', environment);
    try {
      const url = await readyAt(server);
      const password = await readFile(join(dataDir, 'admin-password'), 'utf8');
      const ids = await catalogueIds();
      const client = await clientOf(join(dataDir, 'credentials'));
      const workDir = await workDirectory();
      return new Server(url, password.trim(), ids, dataDir, workDir, client, server, environment);
    } catch (cause) {
      await end(server);
      await rm(dataDir, { recursive: true });
      throw cause;
    }
  }

  /** Ends the server and starts another on the same address and data, as an upgrade does. */
  async restart(): Promise<void> {
    this.restarts += 1;
    await end(this.process);
    this.process = serve(this.dataDir, new URL(this.url).host, this.environment);
    await readyAt(this.process);
  }

  /** What the API answers, signed as an SDK signs; the AWS CLI itself has tests of its own. */
  async pcs(operation: string, input: object = {}): Promise<any> {
    const answer = await this.client.fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AWSParallelComputingService.${operation}`,
      },
      body: JSON.stringify(input),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${operation}: ${text}`);
    return JSON.parse(text);
  }

  /** Runs a command on the cluster's login node. */
  async connect(cluster: string, ...command: string[]): Promise<string> {
    const place = ['--endpoint', this.url, '--data-dir', this.dataDir];
    const words = ['connect', cluster, ...place, '--', ...command];
    const { stdout } = await run(environment('OPENPCS_BIN'), words, { cwd: this.workDir });
    return stdout;
  }

  /** Queues, groups, cluster: in the order in which the service lets them go. */
  async deleteCluster(clusterIdentifier: string): Promise<void> {
    const of = { clusterIdentifier };
    const listQueues = async () => (await this.pcs('ListQueues', of)).queues;
    for (const { id } of await listQueues()) await this.pcs('DeleteQueue', { ...of, queueIdentifier: id });
    await gone('the queues', listQueues);

    const listGroups = async () => (await this.pcs('ListComputeNodeGroups', of)).computeNodeGroups;
    for (const { id } of await listGroups()) {
      await this.pcs('DeleteComputeNodeGroup', { ...of, computeNodeGroupIdentifier: id });
    }
    await gone('the compute node groups', listGroups);

    await this.pcs('DeleteCluster', of);
    await gone(`the cluster ${clusterIdentifier}`, async () =>
      (await this.pcs('ListClusters')).clusters.filter((c: any) => c.name === clusterIdentifier),
    );
  }

  /** Leaves nothing behind, however the tests ended. */
  async stop(): Promise<void> {
    try {
      const { clusters } = await this.pcs('ListClusters');
      for (const { name } of clusters) await this.deleteCluster(name);
    } finally {
      await end(this.process);
      for (const pid of processesNaming(this.dataDir)) process.kill(pid, 'SIGKILL');
      for (const directory of [this.dataDir, this.workDir]) {
        await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      }
    }
  }
}

function serve(dataDir: string, listen: string, more: Record<string, string>): ChildProcess {
  // Each worker's server has ports of its own.
  const first = 26_000 + 1_000 * Number(environment('TEST_PARALLEL_INDEX'));
  const place = ['--data-dir', dataDir, '--listen', listen, '--ports', `${first}-${first + 999}`];
  // A minute of metrics is put together of its seconds: nobody waits for its end.
  return spawn(environment('OPENPCS_BIN'), ['serve', ...place, '--metrics-seconds', '1'], {
    env: { ...process.env, OPENPCS_SITE: environment('OPENPCS_SITE'), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The address in the line with which the server says that it is ready. */
function readyAt(server: ChildProcess): Promise<string> {
  let out = '';
  let log = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the server ${why}:\n${log}`));
    const limit = setTimeout(() => fail(`was not ready in ${START_LIMIT} ms`), START_LIMIT);
    server.once('error', (cause) => fail(`could not be started (${cause.message})`));
    server.once('exit', (status) => fail(`ended with ${status}`));
    server.stderr?.on('data', (data) => (log = (log + data).slice(-4_000)));
    server.stdout?.on('data', (data) => {
      out += data;
      const ready = out.match(/openpcs ready on (http:\S+)/);
      if (!ready) return;
      clearTimeout(limit);
      resolve(ready[1]);
    });
  });
}

/** With the key that the first start wrote. */
async function clientOf(credentials: string): Promise<AwsClient> {
  const text = await readFile(credentials, 'utf8');
  const setting = (name: string) => {
    const found = text.match(new RegExp(`^${name} = (.*)$`, 'm'));
    if (!found) throw new Error(`${credentials} has no ${name}`);
    return found[1];
  };
  return new AwsClient({
    accessKeyId: setting('aws_access_key_id'),
    secretAccessKey: setting('aws_secret_access_key'),
    service: 'pcs',
    region: 'us-east-1',
    retries: 0,
  });
}

/** Ids for the create calls, by the names that the local provider gives its things. */
async function catalogueIds(): Promise<ClusterIds> {
  const { stdout } = await run(environment('OPENPCS_BIN'), ['catalogue', '--json']);
  const catalogue = JSON.parse(stdout);
  const named = (kind: string, name: string) => {
    const found = catalogue[kind].find((thing: any) => thing.name === name);
    if (!found) throw new Error(`the catalogue's ${kind} have no ${name}`);
    return found;
  };
  return {
    subnet: named('subnets', 'hpc-networking:PrivateSubnetA').id,
    securityGroup: named('securityGroups', 'cluster-getstarted-sg').id,
    launchTemplate: named('launchTemplates', 'compute-getstarted-lt').id,
    instanceProfile: named('instanceProfiles', 'AWSPCS-getstarted-role').arn,
    image: named('images', 'aws-pcs-sample_ami-amzn2-x86_64-slurm-24.11').id,
  };
}

async function gone(what: string, left: () => Promise<unknown[]>): Promise<void> {
  const limit = Date.now() + DELETE_LIMIT;
  while ((await left()).length > 0) {
    if (Date.now() > limit) throw new Error(`${what} did not go away in ${DELETE_LIMIT} ms`);
    await sleep(200);
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  const force = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(force);
}

/** Processes with the directory in their command line: daemons that outlive the server. */
function processesNaming(dir: string): number[] {
  const names = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir);
    } catch {
      return false; // it has just ended
    }
  };
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && names(entry)).map(Number);
}
