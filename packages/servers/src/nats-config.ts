import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a NATS user may publish to and subscribe to; everything else is refused. */
export interface NatsRights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  readonly neverPublish?: readonly string[];
}

/** Everybody's rights, as they are derived from the contracts and the services' code: infra/nats/rights.json. */
export interface NatsRightsTable {
  /** By the name of the service, which is the name of its user. */
  readonly services: Readonly<Record<string, NatsRights>>;
  /** Each in an account of their own, which imports this from the services' account. */
  readonly operator: NatsRights;
  readonly probe: NatsRights;
  readonly imports: { readonly services: readonly string[]; readonly streams: readonly string[] };
}

export interface NatsPeople {
  /** Names of operators. */
  readonly operators: readonly string[];
  /** For tests: a user beside the services' that may do anything in their account. */
  readonly almighty?: string;
}

/** The account of the services, and of the streams. */
export const servicesAccount = "QUARTERMASTER";
/** What the account of an operator is called: see operatorOf in packages/messaging. */
const operatorAccount = (name: string) => `OPERATOR_${name}`;

export const probeUser = "probe";
export const systemUser = "system";

const operatorName = /^[a-z][a-z0-9_-]{0,30}$/;

const folder = join(__dirname, "..", "..", "..", "infra", "nats");

/** The rights that belong to this code. */
export function readNatsRights(): NatsRightsTable {
  return JSON.parse(readFileSync(join(folder, "rights.json"), "utf8")) as NatsRightsTable;
}

/** The operators that are kept with the code, for whoever names no others. */
export function usualOperators(): string[] {
  return JSON.parse(readFileSync(join(folder, "operators.json"), "utf8")) as string[];
}

/** All users that a server with these people knows; the password of each is in the environment: see passwordVariable. */
export function natsUsers(table: NatsRightsTable, people: NatsPeople): string[] {
  const others = people.almighty === undefined ? [] : [people.almighty];
  return [...Object.keys(table.services), ...others, probeUser, ...people.operators, systemUser];
}

/** Where nats-server looks for a user's password: `NATS_ORDERS_PASSWORD`. */
export function passwordVariable(user: string): string {
  return `NATS_${user.toUpperCase().replaceAll("-", "_")}_PASSWORD`;
}

/** Accounts and users of a server, in the syntax of its configuration file. Throws when a name cannot be used. */
export function natsConfig(table: NatsRightsTable, people: NatsPeople): string {
  checkNames(table, people);
  const { imports } = table;
  const services = Object.entries(table.services).map(([name, rights]) => userText(name, rights));
  if (people.almighty !== undefined) services.push(userText(people.almighty));
  return `# A client that is frozen or cut off gets no more requests after some 3 s; the server's own figures are 2 minutes, three times.
ping_interval: "1s"
ping_max: 2
operator_imports: [
${imports.services.map((subject) => `  { service: ${importText(subject)} }`).join("\n")}
${imports.streams.map((subject) => `  { stream: ${importText(subject)} }`).join("\n")}
]
operator_rights: ${permissionsText(table.operator, "")}

accounts {
  # Services and streams.
  ${servicesAccount} {
    jetstream: enabled
    users: [
${services.join("\n")}
    ]
    exports: [
${imports.services.map((subject) => `      { service: ${quoted(subject)}${manyAnswers(subject)} }`).join("\n")}
${imports.streams.map((subject) => `      { stream: ${quoted(subject)} }`).join("\n")}
    ]
  }

  # One account per operator: the server itself says in whose name a request comes.
${people.operators.map(operatorText).join("\n")}

  # Readiness probes.
  PROBE {
    users: [
${userText(probeUser, table.probe)}
    ]
    imports: [{ service: ${importText("ops.>")} }]
  }

  # \`nats server check | report\`.
  SYSTEM { users: [{ user: ${systemUser}, password: $${passwordVariable(systemUser)} }] }
}
system_account: SYSTEM
`;
}

function checkNames(table: NatsRightsTable, people: NatsPeople): void {
  const wrong = people.operators.filter((name) => !operatorName.test(name));
  if (wrong.length > 0)
    throw new Error(`"${wrong[0]}" cannot be an operator's name: a-z, then a-z, 0-9, _, -.`);
  const variables = natsUsers(table, people).map(passwordVariable);
  const twice = variables.find((name, n) => variables.indexOf(name) !== n);
  if (twice !== undefined) throw new Error(`Two NATS users would find their password in ${twice}.`);
}

const quoted = (text: string) => JSON.stringify(text);
const importText = (subject: string) => `{ account: ${servicesAccount}, subject: ${quoted(subject)} }`;

/** \`nats micro ls\` has an answer from each instance, and so has a verb that all instances take. */
function manyAnswers(subject: string): string {
  return /^(\$SRV|ops)\./.test(subject) ? ", response_type: stream" : "";
}

function operatorText(name: string): string {
  const user = `{ user: ${name}, password: $${passwordVariable(name)}, permissions: $operator_rights }`;
  return `  ${operatorAccount(name)} { users: [${user}], imports: $operator_imports }`;
}

/** A user without rights named may do anything in its account. */
function userText(name: string, rights?: NatsRights): string {
  const login = `user: ${name}, password: $${passwordVariable(name)}`;
  if (!rights) return `      { ${login} }`;
  return `      { ${login}, permissions: ${permissionsText(rights, "      ")} }`;
}

function permissionsText({ publish, subscribe, neverPublish }: NatsRights, indent: string): string {
  const list = (subjects: readonly string[]) =>
    `[\n${subjects.map((subject) => `${indent}    ${quoted(subject)}`).join("\n")}\n${indent}  ]`;
  const never = neverPublish ? `, deny: ${list(neverPublish)}` : "";
  return `{
${indent}  publish: { allow: ${list(publish)}${never} }
${indent}  subscribe: { allow: ${list(subscribe)} }
${indent}}`;
}
