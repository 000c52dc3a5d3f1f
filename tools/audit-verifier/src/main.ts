import { readFileSync } from "node:fs";
import { Client } from "pg";
import { readHeads } from "./heads";
import { verifyTrail } from "./verify-trail";

/**
 * `DATABASE_URL=... node tools/audit-verifier/dist/main.js [file of kept heads]`: verifies the trail in that database, which may
 * be a restored copy. Prints the head to keep. Exit code 1 when the trail is not whole, 2 when it could not be read.
 */
async function main(file: string | undefined): Promise<number> {
  const url = process.env.DATABASE_URL;
  if (!url)
    throw new Error("Set DATABASE_URL to a database with the schema audit, with a login that may read it.");
  const kept = file === undefined ? [] : readHeads(readFileSync(file, "utf8"));
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // One snapshot, so that a trail that grows meanwhile is whole all the same.
    await client.query("begin isolation level repeatable read read only");
    const { records, head, wrong } = await verifyTrail(
      async <Row>(text: string, values: unknown[] = []) => (await client.query(text, values)).rows as Row[],
      kept,
    );
    for (const sentence of wrong) console.log(`WRONG: ${sentence}.`);
    if (wrong.length > 0) return 1;
    console.log(
      `The trail is whole: ${records} records, ${kept.length} kept heads. Keep this one elsewhere:`,
    );
    console.log(`${head.position}:${head.hash}`);
    return 0;
  } finally {
    await client.end();
  }
}

main(process.argv[2]).then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.message);
    process.exit(2);
  },
);
