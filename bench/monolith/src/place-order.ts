import type { Pool, PoolClient } from "pg";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "./caller";
import { prepared, run } from "./database";
import { auditJson, type Customer, currency, type DraftOrder, invoiceJson } from "./documents";
import { type AskedLine, type Product, sold, sumsOf, type TaxRates } from "./price";
import {
  type BasketRow,
  begin,
  bookAccount,
  commit,
  readBasket,
  reserveStock,
  rollback,
  writeOrder,
} from "./statements";

/** The most that an invoice can hold. */
const totalMinorMax = 999_999_999_999;

export interface Wish {
  readonly caller: Caller;
  /** Sorted by product, each named once. */
  readonly lines: readonly AskedLine[];
  readonly notes: string | null;
}

export interface PlacedOrder extends DraftOrder {
  readonly invoiceNumber: string;
  readonly at: Date;
}

type RefusalCode =
  | "unknown_customer"
  | "customer_blocked"
  | "unknown_product"
  | "insufficient_stock"
  | "amount_too_large"
  | "credit_limit_exceeded";

/** The buyer can do something about it; answered with a 4xx. */
export class Refused extends Error {
  constructor(
    readonly code: RefusalCode,
    readonly details: object = {},
  ) {
    super(code);
  }
}

/**
 * Places an order in one transaction: reads, then locks the account and the stock, then the ledger with its numbers, the
 * row that every order needs and that is therefore locked last. Throws Refused.
 */
export async function placeOrder(pool: Pool, wish: Wish, rates: TaxRates): Promise<PlacedOrder> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const draft = await draftOrder(client, wish, rates);
    await bookAndReserve(client, draft);
    return await writeAndCommit(client, draft);
  } catch (error) {
    await client.query(rollback).catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function draftOrder(
  client: PoolClient,
  { caller, lines, notes }: Wish,
  rates: TaxRates,
): Promise<DraftOrder> {
  const productIds = lines.map((line) => line.productId);
  const [, basket] = await run(client, [begin, prepared(readBasket, [caller.customerId, productIds])]);
  const rows: BasketRow[] = basket?.rows ?? [];
  const [first] = rows;
  if (!first) throw new Refused("unknown_customer");
  if (first.status === "BLOCKED") throw new Refused("customer_blocked");
  const products = new Map(rows.map((row) => [row.product_id, productIn(row)]));
  const soldLines = lines.map((line) => {
    const product = products.get(line.productId);
    if (!product) throw new Refused("unknown_product", { product_id: line.productId });
    return sold(line, product);
  });
  const sums = sumsOf(soldLines, rates);
  if (sums.totalMinor > totalMinorMax) throw new Refused("amount_too_large");
  const customer = customerIn(caller.customerId, first);
  return { id: uuidv7(), invoiceId: uuidv7(), caller, customer, lines: soldLines, sums, notes };
}

async function bookAndReserve(client: PoolClient, { customer, lines, sums }: DraftOrder): Promise<void> {
  const productIds = lines.map((line) => line.productId);
  const quantities = lines.map((line) => line.quantity);
  const [account, stock] = await run(client, [
    prepared(bookAccount, [customer.id, sums.totalMinor]),
    prepared(reserveStock, [productIds, quantities]),
  ]);
  const openMinor: number = account?.rows[0].open_minor;
  if (customer.paymentTerms === "CREDIT" && openMinor > customer.creditLimitMinor)
    throw new Refused("credit_limit_exceeded", { open_balance: (openMinor - sums.totalMinor) / 100 });
  const reserved = new Set(stock?.rows.map((row) => row.id));
  const missing = productIds.filter((id) => !reserved.has(id));
  if (missing.length > 0) throw new Refused("insufficient_stock", { product_ids: missing });
}

async function writeAndCommit(client: PoolClient, draft: DraftOrder): Promise<PlacedOrder> {
  const { caller, lines, sums } = draft;
  const audit = auditJson(draft);
  const values: Readonly<Record<string, unknown>> = {
    orderId: draft.id,
    customerId: draft.customer.id,
    subtotalMinor: sums.subtotalMinor,
    taxMinor: sums.taxMinor,
    currency,
    notes: draft.notes,
    invoiceId: draft.invoiceId,
    invoiceJson: invoiceJson(draft),
    productIds: lines.map((line) => line.productId),
    skus: lines.map((line) => line.sku),
    productNames: lines.map((line) => line.description),
    quantities: lines.map((line) => line.quantity),
    unitPricesMinor: lines.map((line) => line.unitPriceMinor),
    taxCodes: lines.map((line) => line.taxCode),
    reservationJson: audit.reservation,
    issuedJson: audit.issued,
    placedJson: audit.placed,
    actorId: caller.userId,
    actorName: caller.name,
    role: caller.role,
    ip: caller.ip,
    requestId: caller.requestId,
  };
  const write = prepared(
    writeOrder,
    writeOrder.params.map((name) => values[name]),
  );
  const [written] = await run(client, [write, commit]);
  const { invoice_number: invoiceNumber, at } = written?.rows[0] ?? {};
  return { ...draft, invoiceNumber, at };
}

function productIn(row: BasketRow): Product {
  return { sku: row.sku, name: row.product_name, priceMinor: row.price_minor, taxCode: row.tax_code };
}

function customerIn(id: string, row: BasketRow): Customer {
  return {
    id,
    name: row.name,
    documentType: row.document_type,
    documentNumber: row.document_number,
    address: row.address,
    email: row.email,
    paymentTerms: row.payment_terms,
    creditLimitMinor: row.credit_limit_minor,
  };
}
