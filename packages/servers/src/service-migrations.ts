import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ServiceName } from "@quartermaster/contracts";
import { type MigrationPlan, migrateUp } from "@quartermaster/process";
import { ownerRole } from "./provision";

const repository = join(__dirname, "..", "..", "..");

/** How a service's schema is migrated: first the messaging tables that each service has, then its own. */
export function migrationPlan(service: ServiceName, adminUrl: string): MigrationPlan {
  const folders = [
    join(repository, "packages", "messaging", "migrations"),
    join(repository, "services", service, "migrations"),
  ];
  return {
    databaseUrl: adminUrl,
    schema: service,
    ownerRole: ownerRole(service),
    folders: folders.filter((folder) => existsSync(folder)),
  };
}

/** Brings the schemas of these services up to date, side by side. Returns what was applied. */
export async function migrateServices(adminUrl: string, services: readonly ServiceName[]): Promise<string[]> {
  const applied = await Promise.all(services.map((service) => migrateUp(migrationPlan(service, adminUrl))));
  return applied.flat();
}
