import { readFileSync } from "node:fs";
import { listMigrations, migrateDown } from "@quartermaster/process";
import {
  ensureDatabase,
  migrateServices,
  migrationPlan,
  provisionRoles,
  provisionSchemas,
  type ServiceName,
  serviceNames,
} from "@quartermaster/servers";

/**
 * `migrate`: roles, schemas and migrations on the server that DATABASE_URL names, as a login that may make roles.
 * `migrate list`: what is applied. `migrate down <service>`: takes back the newest of one service.
 */
export async function migrate([what = "up", service = ""]: readonly string[]): Promise<void> {
  const adminUrl = process.env.DATABASE_URL;
  if (!adminUrl) throw new Error("DATABASE_URL must name the database, with a login that may make roles.");
  if (what === "list") return list(adminUrl);
  if (what === "down") return down(adminUrl, service);
  if (what !== "up") throw new Error(`migrate ${what} is unknown: it can be up, list, or down <service>.`);
  await ensureDatabase(adminUrl);
  await provisionRoles(adminUrl, passwordsFrom(process.env));
  await provisionSchemas(adminUrl);
  for (const name of await migrateServices(adminUrl, serviceNames)) console.log(`applied ${name}`);
  console.log("the schemas are up to date");
}

async function list(adminUrl: string): Promise<void> {
  for (const service of serviceNames) {
    for (const { name, applied } of await listMigrations(migrationPlan(service, adminUrl))) {
      console.log(`${service.padEnd(10)} ${applied ? "applied" : "open   "} ${name}`);
    }
  }
}

async function down(adminUrl: string, service: string): Promise<void> {
  const known = serviceNames.find((name) => name === service);
  if (known === undefined) throw new Error(`migrate down needs one of: ${serviceNames.join(", ")}.`);
  for (const name of await migrateDown(migrationPlan(known, adminUrl))) console.log(`took back ${name}`);
}

/**
 * From DATABASE_PASSWORDS_FILE (JSON, service name to password) or ORDERS_DATABASE_PASSWORD and the like. A role whose
 * password is not given keeps the one that it has.
 */
function passwordsFrom(env: NodeJS.ProcessEnv): Partial<Record<ServiceName, string>> {
  const file = env.DATABASE_PASSWORDS_FILE;
  const fromFile = file
    ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Record<ServiceName, string>>)
    : {};
  const given = serviceNames.flatMap((service) => {
    const password = env[`${service.toUpperCase()}_DATABASE_PASSWORD`] ?? fromFile[service];
    return password ? [[service, password]] : [];
  });
  return Object.fromEntries(given);
}
