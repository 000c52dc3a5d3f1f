import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Stack, startStack } from "@quartermaster/stack";
import { eventually } from "@quartermaster/testkit";
import { comparable, firstId, type Shown, stepsOf, withId, withRun } from "./support/console-page";
import { auditIsComplete } from "./support/invariants";
import { type Buyer, type Journey, openJourney } from "./support/journey";

const repository = join(__dirname, "..");
const pageFile = join(repository, "docs", "operations.md");
const page = readFileSync(pageFile, "utf8");
/** `UPDATE_OPERATIONS=1` writes what the commands print into the page, instead of comparing it. */
const isUpdate = process.env.UPDATE_OPERATIONS === "1";
const PATH = [process.env.PATH, process.env.GOBIN, join(homedir(), "go", "bin")]
  .filter(Boolean)
  .join(delimiter);
const version = spawnSync("nats", ["--version"], {
  encoding: "utf8",
  env: { ...process.env, PATH },
}).stdout?.trim();
const steps = stepsOf(page);
const commands = steps.flatMap((step) => ("commands" in step ? step.commands : []));

if (!version)
  process.stdout.write("docs/operations.md is not tried: there is no nats CLI on the PATH or in GOBIN\n");

test("the page has at least 25 commands of the nats CLI, and says of which version they are", () => {
  expect(commands.filter(({ command }) => command.startsWith("nats ")).length).toBeGreaterThanOrEqual(25);
  expect(page).toMatch(/nats CLI \d+\.\d+\.\d+/);
});

const whenThere = version ? test : test.skip;

whenThere(
  "every command of docs/operations.md prints what the page shows",
  async () => {
    const ran = new Map<number, { command: string; output: string }>();
    for (const step of steps) {
      if ("state" in step) await bring(step.state);
      else for (const shown of step.commands) ran.set(shown.line, await tryOut(shown));
    }
    if (isUpdate) writeFileSync(pageFile, withRun(page, ran));
    process.stdout.write(`docs/operations.md: ${ran.size} commands were run with nats CLI ${version}\n`);
  },
  300_000,
);

let folder: string;
let stack: Stack;
let journey: Journey;
let buyer: Buyer;
let product: number;
let listed: string | undefined;
const exported: string[] = [];

beforeAll(async () => {
  if (!version) return;
  folder = await mkdtemp(join(tmpdir(), "quartermaster-operations-"));
  // The commands are run in a folder that looks like the repository, with data of its own.
  for (const name of ["services", "tools"]) symlinkSync(join(repository, name), join(folder, name));
  stack = await startStack({
    dataDir: join(folder, ".data"),
    durable: false,
    operators: ["ada"],
    instances: { orders: 2 },
  });
  journey = await openJourney({ gatewayUrl: stack.gatewayUrl, databaseUrl: stack.adminDatabaseUrl });
  buyer = await journey.newBuyer();
  product = await journey.newProduct();
}, 120_000);

afterAll(async () => {
  await journey?.close();
  await stack?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Runs a command as it is written, but for the id in it. One that only looks may take a moment to show what it should. */
async function tryOut(shown: Shown): Promise<{ command: string; output: string }> {
  const command = withId(shown.command.replace(/\b(SAGA|LETTER)\b/, listed ?? ""), listed);
  if (command.startsWith("export ")) {
    exported.push(command);
    return { command, output: "" };
  }
  const isAct = command.includes('"reason"') || command.includes("node ");
  let { output, status } = run(command);
  const isSo = async () => {
    if (comparable(output) === comparable(shown.output)) return true;
    ({ output, status } = run(command));
    return false;
  };
  if (!isAct) await eventually(isSo, { withinMs: isUpdate ? 7_000 : 20_000 }).catch(() => undefined);
  listed = firstId(output) ?? listed;
  if (!isUpdate && isCompared(command)) {
    const { line } = shown;
    expect({ line, output: comparable(output) }).toEqual({ line, output: comparable(shown.output) });
  }
  // A check of the CLI that fails says so by its status too.
  const isFailing = /^CRITICAL\b/.test(shown.output);
  if (!isUpdate) expect({ command, status: status === 0 }).toEqual({ command, status: !isFailing });
  return { command, output };
}

/** What the services answer is the same for every CLI; its tables change from version to version. */
function isCompared(command: string): boolean {
  return page.includes(`nats CLI ${version?.replace(/^v/, "")},`) || /^nats req [^|]*$/.test(command);
}

function run(command: string): { output: string; status: number | null } {
  const { stdout, status } = spawnSync("bash", ["-c", [...exported, command].join("; ")], {
    cwd: folder,
    env: { PATH, HOME: folder, NATS_COLOR: "" },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { output: stdout.replace(/^\n+|\s+$/g, ""), status };
}

const broken = new Map([
  ["command", ["inventory.locations", "code <> 'DOCK-7'"]],
  ["event", ["audit.records", "event <> 'inventory.location-created.v1'"]],
]);

/** Brings about what the page is about to look at. */
async function bring(state: string): Promise<void> {
  const states: Record<string, () => Promise<unknown>> = {
    "an order waits for billing": orderWaits,
    "billing is back": () => stack.startService("billing"),
    "a command fails": async () => {
      await breakTable("command");
      expect(await newLocation("DOCK-7")).toMatchObject({ status: 500 });
      await parked("inventory");
    },
    "an event fails": async () => {
      await eventually(() => auditIsComplete(journey), { withinMs: 10_000 });
      await breakTable("event");
      expect(await newLocation("DOCK-8")).toMatchObject({ status: 201 });
      await parked("audit");
    },
    "the bug is fixed": async () => {
      for (const [table] of broken.values())
        await journey.sql(`alter table ${table} drop constraint if exists bug`);
    },
    "the audit is away": async () => {
      await stack.stopService("audit");
      for (let n = 0; n < 5; n++) expect(await place()).toMatchObject({ status: 201 });
    },
    "the audit is back": () => stack.startService("audit"),
    "the store is wiped": async () => {
      await stack.stopService("nats", "SIGKILL");
      await rm(join(folder, ".data", "nats"), { recursive: true, force: true });
      await stack.startService("nats");
    },
    "the database of billing is restored": restoreBilling,
    "billing is started": async () => {
      await stack.startService("billing");
      expect(await place()).toMatchObject({ status: 201 });
    },
  };
  const bringIt = states[state];
  if (!bringIt) throw new Error(`The page speaks of "${state}", which the test cannot bring about.`);
  await bringIt();
}

const place = (headers: Record<string, string> = {}) =>
  journey.ask("POST", "/orders", {
    as: buyer.token,
    body: { items: [{ product_id: product, quantity: 1 }] },
    headers,
  });

/** With billing away, and two minutes of attempts in vain made short. */
async function orderWaits(): Promise<void> {
  await stack.stopService("billing");
  const { body } = await place({ prefer: "wait=0" });
  const tried = `select 1 from orders.sagas where id = $1 and body like '%"failure":"%'`;
  await eventually(async () => (await journey.sql(tried, [body.id])).length === 1, { withinMs: 20_000 });
  await journey.sql(
    "update orders.sagas set attempts = 10, version = version + 1, due_at = now() + interval '1 hour' where id = $1",
    [body.id],
  );
  // The attempt that is under way would be answered by the billing that comes back: it is given up within a second.
  const givenUp = `select 1 from orders.sagas where id = $1
    and to_timestamp((body::json ->> 'sentAt')::float8 / 1000) < now() - interval '1 second'`;
  await eventually(async () => (await journey.sql(givenUp, [body.id])).length === 1, { withinMs: 5_000 });
}

async function breakTable(what: string): Promise<void> {
  const [table, check] = broken.get(what) ?? [];
  await journey.sql(`alter table ${table} add constraint bug check (${check}) not valid`);
}

const newLocation = (code: string) =>
  journey.ask("POST", "/locations", { as: journey.admin, body: { code, name: "Dock 7", type: "DEPOT" } });

const parked = (service: string) =>
  eventually(
    async () =>
      (await journey.sql(`select 1 from ${service}.dead_letters where state = 'open'`)).length === 1,
    { withinMs: 20_000 },
  );

/** To a state before its last two events. What it did is kept: this page is about the numbers. */
async function restoreBilling(): Promise<void> {
  await eventually(async () => stack.pids().billing === undefined, { withinMs: 20_000 });
  await journey.sql(
    "delete from billing.outbox where seq > (select last_seq - 2 from billing.event_counter)",
  );
  await journey.sql("update billing.event_counter set last_seq = last_seq - 2");
  await journey.sql("update billing.relay set seq = seq - 2");
}
