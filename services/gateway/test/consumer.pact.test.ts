import {
  type Contract,
  GetJwks,
  OpenCustomer,
  RegisterUser,
  type Request,
  type Role,
} from "@quartermaster/contracts";
import { type Case, Consumer, casesOf, type PlayedServices, playServices } from "@quartermaster/pacts";
import { keySet } from "../src/auth/key-set";
import type { Claims } from "../src/auth/tokens";
import { seesCosts, seesStaff } from "../src/http/access";
import { refusalStatuses } from "../src/http/refusal-statuses";
import type { Route } from "../src/http/route";
import { allRoutes } from "../src/http/routes";
import { toRest } from "../src/rest/to-rest";
import { type Answer, admin, openPlatform, type Platform } from "./support/platform";
import { tokenFor } from "./support/signing";

/**
 * The gateway passes every field of an answer on, as its OpenAPI document promises, and so relies on all of them. What it
 * asks is in its route table: a message of a new route is relied on without a line here.
 */
const contracts = new Set<Contract>([...allRoutes.map(({ contract }) => contract), OpenCustomer, GetJwks]);
const reliances = [...contracts].map((contract) => ({ contract }));

const consumer = new Consumer("gateway");
let platform: Platform;
let services: PlayedServices;

beforeAll(async () => {
  platform = await openPlatform();
  services = playServices(platform.world.nats);
}, 60_000);
afterAll(async () => {
  consumer.close();
  await platform?.close();
});

test.each(casesOf(reliances))("$description", async (one) => {
  await consumer.relyOn(one, useOf(one));
});

test("the committed pacts of the gateway say the same: otherwise run `npm run pacts`", () => {
  expect(consumer.stale()).toEqual([]);
});

function useOf(one: Case): (said: unknown) => Promise<void> {
  if (one.contract === GetJwks) return readKeys;
  if (one.contract === OpenCustomer && "id" in (one.example.ask as object))
    return (said) => register(one, said);
  return (said) => request(one, said);
}

/** Identity's keys verify tokens. */
async function readKeys(said: unknown): Promise<void> {
  const keys = keySet(async () => said as never);
  const [first] = (said as { keys: { kid: string }[] }).keys;
  expect((await keys.find(String(first?.kid)))?.asymmetricKeyType).toBe("ec");
}

/** The account that the gateway opens by itself after a registration. */
async function register({ example }: Case, said: unknown): Promise<void> {
  const { id: customerId, email } = example.ask as { id: string; email: string };
  const registered = { id: admin.sub, email, role: "CUSTOMER", customerId };
  services.answers(RegisterUser, registered, false);
  services.answers(OpenCustomer, said, example.refusal !== undefined);
  const answer = await platform.ask("POST", "/auth/register", { body: { email, password: "long enough" } });
  expect(answer.status).toBe(201);
  expect(services.asked()[1]).toEqual({ subject: OpenCustomer.subject, ask: example.ask });
}

/** The route's request asks what the example asks, and its answer becomes what the API promises. */
async function request(one: Case, said: unknown): Promise<void> {
  const { contract, example } = one;
  const route = routeOf(one);
  services.answers(OpenCustomer, {}, false);
  services.answers(contract, said, example.refusal !== undefined);
  const answer = await ask(route, one);
  const [asked] = services.asked();
  expect(asked?.subject).toBe(contract.subject);
  expect((contract as Request).ask.parse(asked?.ask)).toEqual(example.ask);
  if (example.refusal) expectProblem(route, example.refusal.code, answer);
  else expectAnswer(route, one, said, answer);
}

/** The first route that can ask it: one with fixed fields or path parameters asks for these only. */
function routeOf({ contract, example }: Case): Route {
  const fields = example.ask as Record<string, unknown>;
  const fits = ({ options, params }: Route) =>
    Object.entries(options.fixed ?? {}).every(([field, value]) => fields[field] === value) &&
    params.every(({ field }) => field in fields);
  const route = allRoutes.find((one) => one.contract === contract && fits(one));
  if (!route) throw new Error(`no route asks ${contract.name} as in this example`);
  return route;
}

function ask(route: Route, { example }: Case): Promise<Answer> {
  const { options, params } = route;
  const { expectedVersion, ...fields } = example.ask as Record<string, unknown>;
  let path = route.path;
  for (const { name, field } of params) {
    path = path.replace(`{${name}}`, String(fields[field]));
    delete fields[field];
  }
  const self = options.self === undefined ? undefined : fields[options.self];
  for (const field of [...Object.keys(options.fixed ?? {}), ...(options.self ? [options.self] : [])])
    delete fields[field];
  const rest = bodyOf(route, fields);
  const headers: Record<string, string> =
    expectedVersion === undefined ? {} : { "If-Match": `"${String(expectedVersion)}"` };
  const by = asker(example, self);
  return platform.ask(route.method.toUpperCase(), route.body ? path : `${path}?${queryOf(rest)}`, {
    headers,
    ...(by ? { token: tokenFor(by, platform.key) } : {}),
    ...(route.body ? { body: rest } : {}),
  });
}

/** As REST names it; a login is an email or a username. */
function bodyOf(route: Route, fields: Record<string, unknown>): Record<string, unknown> {
  const { login, ...others } = toRest(fields) as Record<string, unknown>;
  if (!route.options.take || login === undefined) return { ...others, ...(login ? { login } : {}) };
  return { ...others, [String(login).includes("@") ? "email" : "username"]: login };
}

function queryOf(rest: Record<string, unknown>): string {
  const texts = Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]);
  return String(new URLSearchParams(texts));
}

function asker({ given }: Case["example"], self?: unknown) {
  const by = given["asked by"];
  if (by?.kind === "anonymous") return undefined;
  const customerId = by?.customerId === undefined ? {} : { customerId: String(by.customerId) };
  return { sub: self ? String(self) : admin.sub, role: (by?.role ?? "ADMIN") as Role, ...customerId };
}

function expectAnswer(route: Route, { example }: Case, said: unknown, answer: Answer): void {
  const { give, etag, location } = route.options;
  expect(answer.status).toBe(route.status);
  const shown = give ? give(said as never) : said;
  const claims = asker(example) as Claims | undefined;
  // A role sees null for what is not for it: the field is there all the same.
  const sees = { costs: seesCosts(claims), staff: seesStaff(claims, route) };
  expect(answer.body).toEqual(route.status === 204 ? "" : toRest(shown, sees));
  if (etag) expect(answer.headers.get("etag")).toBe(`"${(said as { version: number }).version}"`);
  if (location) expect(answer.headers.get("location")).toBe(location(said as never));
}

function expectProblem(route: Route, code: keyof typeof refusalStatuses, answer: Answer): void {
  const conflict = route.options.ifMatch && code === "version_conflict";
  expect([answer.status, answer.body.code]).toEqual([
    conflict ? 412 : refusalStatuses[code].status,
    code === "bad_request" ? "invalid_input" : code,
  ]);
  expect(answer.body.detail).toMatch(/\w+/);
}
