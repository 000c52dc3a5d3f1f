import type { Pool, PoolClient } from "pg";
import { v7 as uuidv7 } from "uuid";
import { run } from "./database";
import {
  activeCustomer,
  begin,
  commit,
  insertLines,
  insertOrder,
  issueInvoice,
  reserve,
  rollback,
} from "./statements";

export interface Line {
  readonly productId: number;
  readonly quantity: number;
}

interface PricedLine extends Line {
  readonly name: string;
  readonly unitPriceMinor: number;
}

export interface PlacedOrder {
  readonly id: string;
  readonly invoiceNumber: number;
  readonly lines: readonly PricedLine[];
  readonly subtotalMinor: number;
  readonly taxMinor: number;
}

/** The buyer can do something about it; answered with a 4xx. */
export class Refused extends Error {
  constructor(
    readonly code: "insufficient_stock" | "unknown_customer",
    readonly productId?: number,
  ) {
    super(code);
  }
}

/**
 * Places an order in one transaction and two round trips: reserve, then write everything and commit.
 * `lines` must be sorted by product and name each product once. Throws Refused.
 */
export async function placeOrder(
  pool: Pool,
  customerId: string,
  lines: readonly Line[],
  taxRateBp: number,
): Promise<PlacedOrder> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const { customerName, priced } = await reserveLines(client, customerId, lines);
    return await writeOrder(client, customerId, customerName, priced, taxRateBp);
  } catch (error) {
    await client.query(rollback).catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function reserveLines(client: PoolClient, customerId: string, lines: readonly Line[]) {
  const [, customer, ...reserved] = await allOf([
    client.query(begin),
    run(client, activeCustomer, [customerId]),
    ...lines.map((line) => run(client, reserve, [line.productId, line.quantity])),
  ]);
  const customerName: string | undefined = customer?.rows[0]?.name;
  if (customerName === undefined) throw new Refused("unknown_customer");
  const priced = lines.map((line, index): PricedLine => {
    const row = reserved[index]?.rows[0];
    if (!row) throw new Refused("insufficient_stock", line.productId);
    return { ...line, name: row.name, unitPriceMinor: row.price_minor };
  });
  return { customerName, priced };
}

async function writeOrder(
  client: PoolClient,
  customerId: string,
  customerName: string,
  lines: readonly PricedLine[],
  taxRateBp: number,
): Promise<PlacedOrder> {
  const id = uuidv7();
  const subtotalMinor = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0);
  const taxMinor = Math.round((subtotalMinor * taxRateBp) / 10_000);
  const newValues = JSON.stringify({
    id,
    customerId,
    customerName,
    lines,
    subtotalMinor,
    taxRateBp,
    taxMinor,
  });
  const [, , invoice] = await allOf([
    run(client, insertOrder, [id, customerId, subtotalMinor, taxMinor]),
    run(client, insertLines, [
      id,
      lines.map((line) => line.productId),
      lines.map((line) => line.name),
      lines.map((line) => line.quantity),
      lines.map((line) => line.unitPriceMinor),
    ]),
    run(client, issueInvoice, [id, customerName, subtotalMinor, taxRateBp, taxMinor, customerId, newValues]),
    // A statement that failed before it turns this commit into a rollback.
    client.query(commit),
  ]);
  return { id, invoiceNumber: invoice?.rows[0]?.number, lines, subtotalMinor, taxMinor };
}

/** Waits for all, also after a failure, so that no answer is still on its way when the connection is given back. */
async function allOf<T>(sent: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(sent);
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
