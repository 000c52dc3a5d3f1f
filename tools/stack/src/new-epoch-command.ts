import { type ServiceName, serviceNames } from "@quartermaster/servers";
import { Client } from "pg";
import { runningStack } from "./run-folder";
import { openSecrets } from "./secrets";
import { readSettings } from "./settings";

/**
 * `new-epoch <service>`: after its database was restored to an earlier state, what the service says from now on gets numbers
 * that were not used before. On the server that DATABASE_URL names, as a login that may `set role` to the service's owner;
 * without it, on the stack that runs on DATA_DIR. The service must be stopped.
 */
export async function newEpoch([service = ""]: readonly string[]): Promise<void> {
  const known = serviceNames.find((name) => name === service);
  if (known === undefined) throw new Error(`new-epoch needs one of: ${serviceNames.join(", ")}.`);
  const client = new Client({ connectionString: await adminUrl() });
  await client.connect();
  try {
    console.log(`${known} says its events in epoch ${await inNewEpoch(client, known)} from now on`);
  } finally {
    await client.end();
  }
}

async function inNewEpoch(client: Client, service: ServiceName): Promise<number> {
  await client.query(`set role "${service}_owner"; set search_path to "${service}"`);
  const { rows } = await client.query<{ epoch: number }>("select new_epoch() as epoch");
  return rows[0]?.epoch ?? 0;
}

async function adminUrl(): Promise<string> {
  const { dataDir, databaseUrl } = readSettings(process.env);
  if (databaseUrl) return databaseUrl;
  const stack = await runningStack(dataDir);
  if (!stack?.databasePlace)
    throw new Error(`No stack with a Postgres of its own runs on ${dataDir}: set DATABASE_URL, or DATA_DIR.`);
  return `postgres://postgres:${openSecrets(dataDir).postgresPassword}@${stack.databasePlace}`;
}
