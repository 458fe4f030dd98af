// A real server with a data directory of its own, and the ways to it other than the browser.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const START_LIMIT = 30_000;
const DELETE_LIMIT = 60_000;

function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`make test\` sets it`);
  return value;
}

function awsProgram(): string {
  const installed = join(process.env.OPENPCS_TOOLS ?? '', 'venv/bin/aws');
  return existsSync(installed) ? installed : 'aws';
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
  private constructor(
    readonly url: string,
    readonly adminPassword: string,
    readonly ids: ClusterIds,
    readonly dataDir: string,
    private readonly workDir: string,
    private process: ChildProcess,
  ) {}

  static async start(): Promise<Server> {
    const dataDir = await mkdtemp(join(tmpdir(), 'openpcs-end2end-'));
    const server = serve(dataDir, '127.0.0.1:0');
    try {
      const url = await readyAt(server);
      const password = await readFile(join(dataDir, 'admin-password'), 'utf8');
      const ids = await catalogueIds();
      return new Server(url, password.trim(), ids, dataDir, await workDirectory(), server);
    } catch (cause) {
      await end(server);
      await rm(dataDir, { recursive: true });
      throw cause;
    }
  }

  /** Ends the server and starts another on the same address and data, as an upgrade does. */
  async restart(): Promise<void> {
    await end(this.process);
    this.process = serve(this.dataDir, new URL(this.url).host);
    await readyAt(this.process);
  }

  /** What the AWS CLI answers; `undefined` for operations that answer nothing. */
  async aws(...operation: string[]): Promise<any> {
    const words = ['--endpoint-url', this.url, '--output', 'json', 'pcs', ...operation];
    const { stdout } = await run(awsProgram(), words, {
      env: {
        PATH: process.env.PATH,
        AWS_SHARED_CREDENTIALS_FILE: join(this.dataDir, 'credentials'),
        AWS_PROFILE: 'openpcs',
        AWS_REGION: 'us-east-1',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    return stdout.trim() ? JSON.parse(stdout) : undefined;
  }

  /** Runs a command on the cluster's login node. */
  async connect(cluster: string, ...command: string[]): Promise<string> {
    const place = ['--endpoint', this.url, '--data-dir', this.dataDir];
    const words = ['connect', cluster, ...place, '--', ...command];
    const { stdout } = await run(environment('OPENPCS_BIN'), words, { cwd: this.workDir });
    return stdout;
  }

  /** Queues, groups, cluster: in the order in which the service lets them go. */
  async deleteCluster(cluster: string): Promise<void> {
    const of = ['--cluster-identifier', cluster];
    const { queues } = await this.aws('list-queues', ...of);
    for (const { id } of queues) await this.aws('delete-queue', ...of, '--queue-identifier', id);
    await gone('the queues', async () => (await this.aws('list-queues', ...of)).queues);

    const listGroups = async () =>
      (await this.aws('list-compute-node-groups', ...of)).computeNodeGroups;
    for (const { id } of await listGroups()) {
      await this.aws('delete-compute-node-group', ...of, '--compute-node-group-identifier', id);
    }
    await gone('the compute node groups', listGroups);

    await this.aws('delete-cluster', ...of);
    await gone(`the cluster ${cluster}`, async () =>
      (await this.aws('list-clusters')).clusters.filter((c: any) => c.name === cluster),
    );
  }

  /** Leaves nothing behind, however the tests ended. */
  async stop(): Promise<void> {
    try {
      const { clusters } = await this.aws('list-clusters');
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

function serve(dataDir: string, listen: string): ChildProcess {
  const place = ['--data-dir', dataDir, '--listen', listen, '--ports', '26000-27000'];
  return spawn(environment('OPENPCS_BIN'), ['serve', ...place], {
    env: { ...process.env, OPENPCS_SITE: environment('OPENPCS_SITE') },
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
