import { type ServiceName, serviceNames } from "@quartermaster/contracts";
import { Client, escapeIdentifier, escapeLiteral } from "pg";

/** The role that owns a service's tables; nobody logs in with it. */
export function ownerRole(service: ServiceName): string {
  return `${service}_owner`;
}

/** The address of the same server and database for a service's login role. */
export function serviceUrl(adminUrl: string, service: ServiceName, password: string): string {
  const url = new URL(adminUrl);
  url.username = service;
  url.password = password;
  return url.href;
}

/** The address of another database on the same server, with the same login. */
export function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/**
 * Makes the database that the address names unless it is there. Needs the right to create databases only when it has
 * to.
 */
export async function ensureDatabase(adminUrl: string): Promise<void> {
  const name = decodeURIComponent(new URL(adminUrl).pathname.slice(1));
  await asAdmin(databaseUrl(adminUrl, "postgres"), async (client) => {
    const known = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (known.rowCount === 0) await client.query(`create database ${escapeIdentifier(name)}`);
  });
}

/**
 * Makes the two roles of each service, and sets the passwords that are given. Roles belong to the whole server. May be
 * repeated.
 */
export async function provisionRoles(
  adminUrl: string,
  passwords: Partial<Record<ServiceName, string>>,
): Promise<void> {
  await asAdmin(adminUrl, async (client) => {
    await client.query("select pg_advisory_lock(hashtextextended('provision roles', 0))");
    for (const service of serviceNames) {
      await makeRole(client, ownerRole(service), "nologin");
      await makeRole(client, service, "login");
      await client.query(`grant ${ownerRole(service)} to current_user`);
      await client.query(`alter role ${service} set search_path = ${service}`);
      const password = passwords[service];
      if (password === undefined) continue;
      await client.query(`alter role ${service} password ${escapeLiteral(password)}`);
    }
  });
}

/**
 * Makes the schemas of a database and the rights in them: a service's role reads and writes the tables that its owner
 * role makes in its schema, and sees no other. May be repeated.
 */
export async function provisionSchemas(adminUrl: string): Promise<void> {
  await asAdmin(adminUrl, async (client) => {
    await client.query("select pg_advisory_lock(hashtextextended('provision schemas', 0))");
    await client.query("revoke all on schema public from public");
    for (const service of serviceNames) await client.query(schemaOf(service));
  });
  await provisionConnecting(adminUrl);
}

/** Only the services may connect. The rights to a database are not copied with it, so that clones need this too. */
export async function provisionConnecting(adminUrl: string): Promise<void> {
  const name = escapeIdentifier(decodeURIComponent(new URL(adminUrl).pathname.slice(1)));
  const logins = serviceNames.join(", ");
  await asAdmin(adminUrl, async (client) => {
    await client.query(`
      revoke all on database ${name} from public;
      grant connect, temporary on database ${name} to ${logins};
    `);
  });
}

function schemaOf(service: ServiceName): string {
  const owner = ownerRole(service);
  const byDefault = `alter default privileges for role ${owner} in schema ${service}`;
  return `
    create schema if not exists ${service} authorization ${owner};
    revoke all on schema ${service} from public;
    grant usage on schema ${service} to ${service};
    ${byDefault} grant select, insert, update, delete on tables to ${service};
    ${byDefault} grant usage, select on sequences to ${service};
    ${byDefault} grant execute on routines to ${service};
    alter default privileges for role ${owner} revoke execute on routines from public;
  `;
}

async function makeRole(client: Client, role: string, kind: "login" | "nologin"): Promise<void> {
  const known = await client.query("select 1 from pg_roles where rolname = $1", [role]);
  if (known.rowCount === 0) await client.query(`create role ${role} ${kind}`);
}

async function asAdmin(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
