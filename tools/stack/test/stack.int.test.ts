import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, startStack } from "@quartermaster/stack";
import { eventually } from "@quartermaster/testkit";
import { connect, type NatsConnection } from "nats";
import { Client } from "pg";

const folders: string[] = [];
const stacks: Stack[] = [];

afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

test("servers that are killed come back, with their rows and on a wiped store too", async () => {
  const { stack, dataDir } = await openServers();
  await query(stack, "create table public.kept (id int); insert into public.kept values (7)");

  for (const name of ["postgres", "nats"] as const) {
    const before = stack.pids()[name] as number;
    process.kill(before, "SIGKILL");
    if (name === "nats") await rm(join(dataDir, "nats"), { recursive: true, force: true });
    await eventually(async () => pidIn(dataDir, name) !== before && pidIn(dataDir, name) > 0, {
      withinMs: 15_000,
    });
  }
  expect(await eventually(() => query(stack, "select id from public.kept"), { withinMs: 15_000 })).toEqual([
    { id: 7 },
  ]);
  expect(await eventually(() => streamsOf(stack), { withinMs: 15_000 })).toEqual(0);
});

test("what is stopped on purpose stays down until it is started", async () => {
  const { stack } = await openServers();
  await stack.stopService("nats", "SIGKILL");
  expect(stack.pids().nats).toBeUndefined();
  await stack.startService("nats");
  expect(await streamsOf(stack)).toBe(0);
});

test("each operator finds a context of their own, which nobody else may read, and strangers are not let in", async () => {
  const dataDir = await folder();
  const stack = await startStack({ dataDir, only: [], durable: false, operators: ["ada", "ben"] });
  stacks.push(stack);
  for (const name of ["ada", "ben", "system"]) {
    expect(statSync(stack.natsContextFile(name)).mode & 0o777).toBe(0o600);
    const nats = await connectAs(stack, name);
    expect(await nats.rtt()).toBeGreaterThanOrEqual(0);
    await nats.close();
  }
  await expect(connect({ servers: stack.natsUrl })).rejects.toThrow("Authorization Violation");
  await expect(connect({ servers: stack.natsUrl, user: "orders", pass: "orders" })).rejects.toThrow(
    "Authorization Violation",
  );
});

test("two stacks run side by side, and a folder takes only one", async () => {
  const [one, two] = await Promise.all([openServers(), openServers()]);
  expect(await query(one.stack, "select 1 as ok")).toEqual([{ ok: 1 }]);
  expect(await query(two.stack, "select 1 as ok")).toEqual([{ ok: 1 }]);
  await expect(startStack({ dataDir: one.dataDir, only: [] })).rejects.toThrow(/A stack runs on .* already/);
});

test("a stack that is killed takes its servers with it, and the next one starts on its data", async () => {
  const dataDir = await folder();
  const program = `require(${JSON.stringify(join(__dirname, "..", "dist"))})
    .startStack({ dataDir: ${JSON.stringify(dataDir)}, only: [], durable: false }).then(() => console.log("ready"))`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const pids = [pidIn(dataDir, "postgres"), pidIn(dataDir, "nats")];
  child.kill("SIGKILL");
  await eventually(async () => pids.every(isGone), { withinMs: 15_000 });
  const { stack } = await openServers(dataDir);
  expect(
    await query(stack, "select count(*)::int as schemas from pg_namespace where nspname = 'orders'"),
  ).toEqual([{ schemas: 1 }]);
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "quartermaster-stack-"));
  await chmod(made, 0o755);
  folders.push(made);
  return made;
}

/** A stack of servers alone: the journeys of e2e run the services on it. */
async function openServers(where?: string): Promise<{ stack: Stack; dataDir: string }> {
  const dataDir = where ?? (await folder());
  const stack = await startStack({ dataDir, only: [], durable: false });
  stacks.push(stack);
  return { stack, dataDir };
}

function pidIn(dataDir: string, name: string): number {
  const file = join(dataDir, "run", `${name}.pid`);
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}

/** Gone, or ended and not yet collected by its parent. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, "utf8") === "";
  } catch {
    return true;
  }
}

async function query(stack: Stack, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: stack.adminDatabaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** With what the stack leaves for the stock CLI. */
function connectAs(stack: Stack, operator: string): Promise<NatsConnection> {
  const context = JSON.parse(readFileSync(stack.natsContextFile(operator), "utf8"));
  return connect({ servers: context.url, user: context.user, pass: context.password });
}

async function streamsOf(stack: Stack): Promise<number> {
  const nats = await connectAs(stack, "operator");
  try {
    return (await (await nats.jetstreamManager()).getAccountInfo()).streams;
  } finally {
    await nats.close();
  }
}
