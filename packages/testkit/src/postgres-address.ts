/** Jest's workers learn from the environment where the run's Postgres is. */
const variable = "QUARTERMASTER_TEST_POSTGRES";

export function publishPostgresUrl(url: string): void {
  process.env[variable] = url;
}

/** As the superuser, to the database `postgres`. */
export function postgresUrl(): string {
  const url = process.env[variable];
  if (url === undefined) {
    throw new Error(
      "No test Postgres runs: a test that opens a world is called *.int.test.ts, and is run by `npx jest`.",
    );
  }
  return url;
}

/** In tests everybody's password is their name. */
export function testPassword(user: string): string {
  return user;
}
