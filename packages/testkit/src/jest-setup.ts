import { provisionRoles, serviceNames } from "@quartermaster/servers";
import { publishPostgresUrl, testPassword } from "./postgres-address";
import { startTestPostgres, type TestPostgres } from "./test-servers";

declare global {
  var quartermasterTestPostgres: TestPostgres | undefined;
}

/** One real Postgres for the whole run; each test file gets a database of its own in it. */
export default async function setup(): Promise<void> {
  const postgres = await startTestPostgres();
  globalThis.quartermasterTestPostgres = postgres;
  const passwords = Object.fromEntries(serviceNames.map((service) => [service, testPassword(service)]));
  await provisionRoles(postgres.url, passwords);
  publishPostgresUrl(postgres.url);
}
