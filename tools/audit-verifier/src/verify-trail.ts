import { type ChainRow, chainStart, hashBehind } from "./chain";
import type { Head } from "./heads";

/** Runs a statement with $1-style parameters and answers its rows: `pg`, over any database that has the schema `audit`. */
export type Sql = <Row>(text: string, values?: unknown[]) => Promise<Row[]>;

export interface TrailVerdict {
  readonly records: number;
  /** The last record's, to be kept elsewhere; position 0 of an empty trail. */
  readonly head: Head;
  /** A sentence on each thing that is wrong; empty for a trail that is whole. */
  readonly wrong: readonly string[];
}

const rowsPerPage = 5_000;
/** More of the same kind say no more. */
const sentencesMax = 20;

/**
 * Recomputes the chain from its first record, counts each source's numbers, and compares with heads that were kept
 * elsewhere: whoever rewrites a record, all hashes behind it and the head too contradicts the next of those. Shares no code
 * with the audit service, and needs no service to run. Bounded memory; some 50,000 records a second.
 */
export async function verifyTrail(sql: Sql, kept: readonly Head[] = []): Promise<TrailVerdict> {
  const wrong: string[] = [];
  const keptAt = new Map<number, Head[]>();
  for (const one of kept) keptAt.set(one.position, [...(keptAt.get(one.position) ?? []), one]);
  let head: Head = { position: 0, hash: chainStart };
  let records = 0;
  for (let page = await pageBehind(sql, 0); page.length > 0; ) {
    for (const row of page) {
      records += 1;
      head = follow(head, row, wrong);
      for (const one of keptAt.get(head.position) ?? [])
        if (one.hash !== head.hash) wrong.push(`record ${one.position} is not the one whose hash was kept`);
    }
    page = await pageBehind(sql, head.position);
  }
  for (const { position } of kept)
    if (position > head.position)
      wrong.push(`record ${position}, whose hash was kept, is not there any more`);
  wrong.push(...(await wrongHead(sql, head)), ...(await missingNumbers(sql)));
  return { records, head, wrong: wrong.slice(0, sentencesMax) };
}

/** The head behind this record. Goes on from what the record itself says, so that one change is named once. */
function follow(head: Head, row: ChainRow, wrong: string[]): Head {
  const position = Number(row.position);
  const stored = row.hash.toString("hex");
  if (position !== head.position + 1) {
    wrong.push(`record ${head.position + 1} is missing`);
    return { position, hash: stored };
  }
  if (hashBehind(head.hash, row) !== stored)
    wrong.push(`record ${position} does not have the hash that follows from it and the record before`);
  return { position, hash: stored };
}

function pageBehind(sql: Sql, position: number): Promise<ChainRow[]> {
  return sql<ChainRow>("select * from audit.records where position > $1 order by position limit $2", [
    position,
    rowsPerPage,
  ]);
}

async function wrongHead(sql: Sql, { position, hash }: Head): Promise<string[]> {
  const [stored] = await sql<{ position: string; hash: Buffer }>("select position, hash from audit.chain");
  const fits = Number(stored?.position) === position && stored?.hash.toString("hex") === hash;
  return fits
    ? []
    : [`the head of the chain, ${stored?.position ?? "none"}, is not the last record, ${position}`];
}

/** Each source counts its events from 1, in each of its epochs, without a gap. */
async function missingNumbers(sql: Sql): Promise<string[]> {
  const rows = await sql<{ source: string; epoch: number; missing: string }>(
    `select source, epoch, max(seq) - count(*) as missing from audit.records
     group by source, epoch having max(seq) <> count(*) order by source, epoch`,
  );
  return rows.map(
    ({ source, epoch, missing }) => `${missing} events of ${source} are missing, in epoch ${epoch}`,
  );
}
