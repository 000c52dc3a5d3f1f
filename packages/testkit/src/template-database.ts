import { createHash } from "node:crypto";
import {
  databaseUrl,
  migrateServices,
  provisionConnecting,
  provisionSchemas,
  type ServiceName,
} from "@quartermaster/servers";
import { Client } from "pg";

/**
 * A database with all schemas, of which those of the given services are migrated: cloned from a template that the first
 * test file to ask for it makes.
 */
export async function cloneDatabase(
  adminUrl: string,
  services: readonly ServiceName[],
  name: string,
): Promise<void> {
  const chosen = [...new Set(services)].sort();
  const template = `template_${createHash("sha256").update(chosen.join()).digest("hex").slice(0, 12)}`;
  await asAdmin(adminUrl, async (client) => {
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [template]);
    const known = await client.query("select 1 from pg_database where datname = $1", [template]);
    if (known.rowCount === 0) await makeTemplate(client, adminUrl, template, chosen);
    await client.query(`create database ${name} template ${template}`);
  });
  await provisionConnecting(databaseUrl(adminUrl, name));
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await asAdmin(adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
}

/** It gets its name when it is whole, so that a failed migration leaves no half template. */
async function makeTemplate(
  client: Client,
  adminUrl: string,
  template: string,
  services: readonly ServiceName[],
): Promise<void> {
  const making = `making_${template}`;
  await client.query(`drop database if exists ${making} with (force)`);
  await client.query(`create database ${making}`);
  await provisionSchemas(databaseUrl(adminUrl, making));
  await migrateServices(databaseUrl(adminUrl, making), services);
  await client.query(`alter database ${making} rename to ${template}`);
}

async function asAdmin(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
