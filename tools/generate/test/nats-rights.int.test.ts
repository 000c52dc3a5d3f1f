import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allContracts, serviceNames } from "@quartermaster/contracts";
import { findNats, runCommand } from "@quartermaster/servers";
import { openRawNats, openWorld, type RawNats, type World } from "@quartermaster/testkit";

let world: World;

beforeAll(async () => {
  world = await openWorld("gateway");
});
afterAll(() => world?.close());

interface Allowed {
  publish: string[];
  "never publish": string[];
  subscribe: string[];
}

const root = join(__dirname, "..", "..", "..");

/** docs/nats-permissions.md, read as a person reads it: what stands in its tables is allowed, and nothing else. */
const page = readFileSync(join(root, "docs", "nats-permissions.md"), "utf8");
const tables = new Map(
  page.split(/^## /m).map((section): [string, Allowed] => {
    const allowed: Allowed = { publish: [], "never publish": [], subscribe: [] };
    for (const [, may, subject] of section.matchAll(/^\| ([a-z ]+) \| `(.+)` \|$/gm)) {
      allowed[may as keyof Allowed].push(subject as string);
    }
    return [section.split("\n")[0] as string, allowed];
  }),
);
const tableOf = (user: string): Allowed => {
  const found = tables.get(user === "ada" || user === "bob" ? "Operators" : user);
  if (!found) throw new Error(`the page has no section for ${user}`);
  return found;
};

/** Whether every subject that `subject` stands for is among those that `pattern` stands for. */
function covers(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const given = subject.split(".");
  for (const [n, token] of wanted.entries()) {
    if (token === ">") return given.length > n;
    if (given[n] === undefined || given[n] === ">") return false;
    if (token !== "*" && token !== given[n]) return false;
  }
  return wanted.length === given.length;
}

const users = [...serviceNames, "ada", "bob", "probe"];
const durables = ["audit", "orders-identity", "billing-orders", "orders", "gateway"];

/** One of everything that there is, and what somebody might try. */
const subjects = [
  ...allContracts.map(({ subject }) => subject),
  ...serviceNames.flatMap((service) => [
    `cmd.${service}.later.v1`,
    `qry.${service}.later.v1`,
    `evt.${service}.later.v1`,
    `dlq.${service}`,
    `ops.${service}.health`,
    `ops.${service}.replay`,
    `ops.${service}.high-water`,
    `ops.${service}.${service}-1.drain`,
    `_INBOX.${service}.abc`,
    ...serviceNames.map((other) => `_INBOX.${service}.${other}.abc`),
    ...["PING", "INFO", "STATS"].flatMap((verb) => [
      `$SRV.${verb}.${service}`,
      `$SRV.${verb}.${service}.abc`,
    ]),
    `$JS.API.DIRECT.GET.EVENTS.evt.${service}.later.v1`,
  ]),
  ...["EVENTS", "DEAD_LETTERS", "OTHER"].flatMap((stream) => [
    ...["INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "SNAPSHOT", "RESTORE"].map(
      (verb) => `$JS.API.STREAM.${verb}.${stream}`,
    ),
    ...["MSG.GET", "MSG.DELETE", "LEADER.STEPDOWN", "PEER.REMOVE"].map(
      (verb) => `$JS.API.STREAM.${verb}.${stream}`,
    ),
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.CONSUMER.NAMES.${stream}`,
    `$JS.API.CONSUMER.LIST.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
  ]),
  ...durables.flatMap((durable) => [
    ...["INFO", "DELETE", "MSG.NEXT", "DURABLE.CREATE", "LEADER.STEPDOWN", "CREATE"].map(
      (verb) => `$JS.API.CONSUMER.${verb}.EVENTS.${durable}`,
    ),
    ...serviceNames.map((source) => `$JS.API.CONSUMER.CREATE.EVENTS.${durable}.evt.${source}.later.v1`),
    `$JS.ACK.EVENTS.${durable}.1.2.3.4.5`,
    `$JS.FC.EVENTS.${durable}.abc`,
  ]),
  ...["$SRV.PING", "$SRV.INFO", "$SRV.STATS", "$SRV.SCHEMA", "_INBOX.abc", "_INBOX.test.abc", "_R_.abc.def"],
  ...["$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.ACCOUNT.PURGE.QUARTERMASTER"],
  ...["$SYS.REQ.USER.INFO", "$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.QUARTERMASTER.CONNECT", "foo", "a.b.c"],
];

const wildcards = [
  ...[
    ">",
    "*",
    "*.>",
    "*.*.>",
    "cmd.>",
    "qry.>",
    "evt.>",
    "dlq.>",
    "ops.>",
    "$SRV.>",
    "_INBOX.>",
    "_INBOX.*",
  ],
  ...[
    "_INBOX.*.>",
    "_INBOX.*.*.>",
    "_R_.>",
    "$JS.>",
    "$JS.API.>",
    "$JS.ACK.>",
    "$JS.EVENT.>",
    "$SYS.>",
    "$>",
  ],
  ...["ops.*.high-water", "ops.*.health", "ops.*.*", "evt.*.*.*", "cmd.*.*.v1", "$SRV.*", "$SRV.PING.*"],
  ...serviceNames.flatMap((service) => [
    ...["cmd", "qry", "evt", "ops", "_INBOX"].flatMap((kind) => [
      `${kind}.${service}.>`,
      `${kind}.${service}.*`,
    ]),
    ...serviceNames.map((other) => `_INBOX.${service}.${other}.>`),
    `_INBOX.*.${service}.>`,
    `$SRV.*.${service}`,
    `$SRV.PING.${service}.*`,
    `$SRV.PING.${service}.>`,
  ]),
];

const violation = /Permissions Violation for (Publish|Subscription) to "([^"]+)"/g;

/** What the server refused this user, asked one by one. */
async function refused(raw: RawNats): Promise<{ publish: Set<string>; subscribe: Set<string> }> {
  const found = { publish: new Set<string>(), subscribe: new Set<string>() };
  const said = await raw.send(
    ...subjects.map((subject) => `PUB ${subject} 0\r\n`),
    ...[...subjects, ...wildcards].map((subject, n) => `SUB ${subject} ${n + 1}`),
  );
  for (const [, operation, subject] of said.matchAll(violation)) {
    found[operation === "Publish" ? "publish" : "subscribe"].add(subject as string);
  }
  return found;
}

test("every user against every subject: a real server allows exactly what the page says", async () => {
  const counts = { allowed: 0, denied: 0 };
  for (const user of users) {
    const { publish, "never publish": never, subscribe } = tableOf(user);
    const raw = await openRawNats(world.natsUrl, user);
    const server = await refused(raw);
    raw.close();
    const cells = [
      ...subjects.map((subject) => ({
        cell: `${user} publishes ${subject}`,
        page: publish.some((one) => covers(one, subject)) && !never.some((one) => covers(one, subject)),
        server: !server.publish.has(subject),
      })),
      ...[...subjects, ...wildcards].map((subject) => ({
        cell: `${user} subscribes ${subject}`,
        page: subscribe.some((one) => covers(one, subject)),
        server: !server.subscribe.has(subject),
      })),
    ];
    expect(cells.filter((one) => one.page !== one.server)).toEqual([]);
    for (const one of cells) counts[one.server ? "allowed" : "denied"] += 1;
    // Everybody may do something, and nobody most of it.
    const allowed = cells.filter((one) => one.server).length;
    expect(allowed).toBeGreaterThan(0);
    expect(allowed).toBeLessThan(cells.length / 2);
  }
  process.stderr.write(
    `NATS rights: ${users.length} users, ${counts.allowed + counts.denied} cells compared with a real server: ` +
      `${counts.allowed} allowed, ${counts.denied} denied\n`,
  );
});

test("a server takes the accounts that Compose mounts, with the passwords that Compose sets", async () => {
  const compose = readFileSync(join(root, "docker-compose.yml"), "utf8");
  const passwords = [...compose.matchAll(/^ +(NATS_[A-Z]+_PASSWORD): \$\{\1:-(\w+)\}$/gm)].map(
    ([, name, usual]) => [name as string, usual as string] as const,
  );
  const program = await findNats();
  if (program.kind !== "program") throw new Error("tests take a nats-server of this machine");
  const check = (environment: Record<string, string>) =>
    runCommand(program.path, ["-t", "-c", join(root, "infra", "nats", "accounts.conf")], {
      env: environment,
    });
  expect(await check(Object.fromEntries(passwords))).toMatchObject({ code: 0 });
  expect((await check(Object.fromEntries(passwords.slice(1)))).code).not.toBe(0);
});

test("whoever may publish or listen on a subject of a contract is its owner or a party of it", () => {
  for (const { subject, kind, service } of allContracts) {
    const may = (what: "publish" | "subscribe") =>
      serviceNames.filter((user) => tableOf(user)[what].some((one) => covers(one, subject)));
    if (kind === "event")
      expect([subject, may("publish"), may("subscribe")]).toEqual([subject, [service], []]);
    else {
      expect([subject, may("subscribe")]).toEqual([subject, [service]]);
      expect(may("publish")).not.toContain(service);
    }
  }
});

test("nobody reads an answer, an event or a dead letter that is not meant for them", async () => {
  const spies = await Promise.all(
    [...users, "system"].map(async (user) => ({ user, raw: await openRawNats(world.natsUrl, user) })),
  );
  const attempts = [...wildcards, "_INBOX.gateway.identity.answer", "_INBOX.bob.answer", "_INBOX.answer"];
  for (const { raw } of spies) await raw.send(...attempts.map((subject, n) => `SUB ${subject} ${n + 1}`));
  const secret = (what: string) => `secret-${what}`;
  const publish = async (as: string, subject: string, what: string, reply = "") => {
    const raw = await openRawNats(world.natsUrl, as);
    const body = secret(what);
    await raw.send(`PUB ${subject} ${reply} ${body.length}\r\n${body}`);
    raw.close();
  };
  await publish("gateway", "cmd.identity.log-in.v1", "command", "_INBOX.gateway.identity.answer");
  await publish("identity", "_INBOX.gateway.identity.answer", "answer");
  await publish("identity", "evt.identity.user-logged-in.v1", "event");
  await publish("identity", "dlq.identity", "dead-letter");
  await publish("bob", "_INBOX.bob.answer", "operators-own");
  await publish("bob", "ops.identity.dead-letters", "operators-question", "_INBOX.answer");
  const heard = await Promise.all(
    spies.map(async ({ user, raw }) => {
      const said = await raw.send();
      raw.close();
      return [user, [...new Set([...said.matchAll(/secret-([a-z-]+)/g)].map(([, what]) => what))].sort()];
    }),
  );
  expect(Object.fromEntries(heard)).toEqual({
    gateway: ["answer"],
    // Of an ops question, the service itself.
    identity: ["operators-question"],
    inventory: [],
    orders: [],
    billing: [],
    audit: [],
    ada: ["dead-letter", "event"],
    bob: ["dead-letter", "event", "operators-own"],
    probe: [],
    system: [],
  });
});

test("nobody answers what another was asked, and nobody connects without a password", async () => {
  for (const user of serviceNames.filter((one) => one !== "identity")) {
    const raw = await openRawNats(world.natsUrl, user);
    expect(await raw.send("PUB _INBOX.gateway.identity.answer 0\r\n")).toContain("Permissions Violation");
    raw.close();
  }
  await expect(openRawNats(world.natsUrl, "nobody")).rejects.toThrow("closed the connection");
});
