import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Knex, knex } from "knex";
import { Client } from "pg";

export interface MigrationPlan {
  /** A login that may `set role` to the owner: a superuser, or a member of the role. */
  databaseUrl: string;
  /** Where the tables are made. */
  schema: string;
  /** The owner of the tables, which is not the role that the service logs in with. */
  ownerRole: string;
  /** Folders of NNNN_name.up.sql and .down.sql, in the order in which they apply. */
  folders: readonly string[];
}

export interface MigrationState {
  /** `<package>/<NNNN_name>`, such as `orders/0001_orders`. */
  name: string;
  applied: boolean;
}

interface SqlMigration {
  name: string;
  upFile: string;
  downFile: string;
}

/** Applies what is not applied yet, each file in a transaction. Returns the names. Several callers at once take turns. */
export function migrateUp(plan: MigrationPlan): Promise<string[]> {
  return withMigrator(plan, async (migrator) => {
    const [, names] = (await migrator.latest()) as [number, string[]];
    return names;
  });
}

/** Takes back the last `steps` migrations, the newest first. Returns their names. */
export function migrateDown(plan: MigrationPlan, steps = 1): Promise<string[]> {
  return withMigrator(plan, async (migrator) => {
    const undone: string[] = [];
    for (let step = 0; step < steps; step += 1) {
      const [, names] = (await migrator.down()) as [number, string[]];
      undone.push(...names);
    }
    return undone;
  });
}

/** Every migration in the order of its application, and whether it is applied. */
export function listMigrations(plan: MigrationPlan): Promise<MigrationState[]> {
  return withMigrator(plan, async (migrator) => {
    const [done, open] = (await migrator.list()) as [{ name: string }[], SqlMigration[]];
    const applied = new Set(done.map(({ name }) => name));
    const known = [...applied, ...open.map(({ name }) => name)];
    return known.map((name) => ({ name, applied: applied.has(name) }));
  });
}

/**
 * Holds an advisory lock of the database while it works. Knex' own lock is a row, which a killed run leaves behind; ours
 * goes with the connection, so whoever holds it may free that row.
 */
async function withMigrator<T>(
  plan: MigrationPlan,
  work: (migrator: Knex.Migrator) => Promise<T>,
): Promise<T> {
  const guard = new Client({ connectionString: plan.databaseUrl });
  await guard.connect();
  const database = connect(plan);
  try {
    await guard.query("select pg_advisory_lock(hashtextextended($1, 0))", [`migrate ${plan.schema}`]);
    await database.migrate.forceFreeMigrationsLock();
    return await work(database.migrate);
  } finally {
    await database.destroy();
    await guard.end();
  }
}

function connect({ databaseUrl, schema, ownerRole, folders }: MigrationPlan): Knex {
  const becomeOwner = `set role "${ownerRole}"; set search_path to "${schema}"; set timezone to 'UTC'`;
  return knex({
    client: "pg",
    connection: databaseUrl,
    pool: {
      min: 0,
      max: 2,
      afterCreate: (raw: Client, done: (error: Error | null, connection: Client) => void) => {
        raw.query(becomeOwner).then(
          () => done(null, raw),
          (error: Error) => done(error, raw),
        );
      },
    },
    migrations: { schemaName: schema, tableName: "migrations", migrationSource: sqlFiles(folders) },
  });
}

function sqlFiles(folders: readonly string[]): Knex.MigrationSource<SqlMigration> {
  return {
    getMigrations: async () => folders.flatMap(readFolder),
    getMigrationName: ({ name }) => name,
    getMigration: async ({ upFile, downFile }) => ({
      up: (transaction) => runFile(transaction, upFile),
      down: (transaction) => runFile(transaction, downFile),
    }),
  };
}

/** The folder's own package names the migrations, so that those of two packages never clash. */
function readFolder(folder: string): SqlMigration[] {
  const owner = basename(dirname(resolve(folder)));
  return readdirSync(folder)
    .filter((file) => /^\d{4}_[a-z0-9_]+\.up\.sql$/.test(file))
    .sort()
    .map((file) => {
      const stem = file.slice(0, -".up.sql".length);
      return {
        name: `${owner}/${stem}`,
        upFile: join(folder, file),
        downFile: join(folder, `${stem}.down.sql`),
      };
    });
}

/** A question mark is a binding to Knex and an operator to Postgres; escaped it stays what the file says. */
async function runFile(transaction: Knex, file: string): Promise<void> {
  await transaction.raw(readFileSync(file, "utf8").replaceAll("?", "\\?"));
}
