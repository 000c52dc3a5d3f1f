import {
  CancelIssue,
  CreditOrder,
  type InvoiceIssued,
  IssueInvoice,
  ReleaseStock,
  ReserveStock,
} from "@quartermaster/contracts";
import { done, type Handler, handle, newId, refuse } from "@quartermaster/messaging";

/** Stands in for inventory, by its contracts: stock per product, holds and tombstones per order. */
export class Shelf {
  readonly stock = new Map<number, number>();
  readonly held = new Map<string, { productId: number; quantity: number }[]>();
  readonly released = new Set<string>();
  /** Ids of the commands that reached it, by contract name: what the inbox let through. */
  readonly seen: { name: string; id: string; actor: string }[] = [];
  priceMinor = 9_000;

  put(productId: number, quantity: number): void {
    this.stock.set(productId, quantity);
  }

  readonly handlers: Handler[] = [
    handle(ReserveStock, async (_tx, commands) =>
      commands.map(({ id, ask, meta }) => {
        this.seen.push({ name: ReserveStock.name, id, actor: meta.actor.id });
        if (this.released.has(ask.orderId)) return refuse("fenced");
        const unknown = ask.lines.find((line) => !this.stock.has(line.productId));
        if (unknown) return refuse("unknown_product", { productId: unknown.productId });
        const short = ask.lines.filter((line) => (this.stock.get(line.productId) ?? 0) < line.quantity);
        if (short.length > 0)
          return refuse("insufficient_stock", { lines: short.map((line) => line.productId) });
        for (const line of ask.lines)
          this.put(line.productId, (this.stock.get(line.productId) ?? 0) - line.quantity);
        this.held.set(ask.orderId, ask.lines);
        return done({
          lines: ask.lines.map((line) => ({
            ...line,
            sku: `SKU-${line.productId}`,
            productName: `Product ${line.productId}`,
            unitPriceMinor: this.priceMinor,
            taxCode: "STANDARD" as const,
          })),
        });
      }),
    ),
    handle(ReleaseStock, async (_tx, commands) =>
      commands.map(({ id, ask, meta }) => {
        this.seen.push({ name: ReleaseStock.name, id, actor: meta.actor.id });
        const released = this.held.get(ask.orderId) ?? [];
        for (const line of released)
          this.put(line.productId, (this.stock.get(line.productId) ?? 0) + line.quantity);
        this.held.delete(ask.orderId);
        this.released.add(ask.orderId);
        return done({ released });
      }),
    ),
  ];
}

type Issued = NonNullable<(typeof InvoiceIssued)["fields"]["_output"]> & {
  invoiceId: string;
  issuedAt: string;
};

/** Stands in for billing, by its contracts: 9 % tax, a credit limit, one invoice per order, the fence. */
export class Ledger {
  readonly invoices = new Map<
    string,
    Pick<Issued, "invoiceId" | "number" | "subtotalMinor" | "taxMinor" | "totalMinor" | "issuedAt">
  >();
  readonly cancelled = new Set<string>();
  readonly credited = new Map<string, string>();
  readonly seen: { name: string; orderId: string }[] = [];

  readonly handlers: Handler[] = [
    handle(IssueInvoice, async (_tx, commands) =>
      commands.map(({ ask }) => {
        this.seen.push({ name: IssueInvoice.name, orderId: ask.orderId });
        if (this.cancelled.has(ask.orderId)) return refuse("fenced");
        const subtotalMinor =
          ask.lines.reduce((sum, line) => sum + line.lineTotalMinor, 0) + ask.shippingMinor;
        const taxMinor = Math.round(subtotalMinor * 0.09);
        const totalMinor = subtotalMinor + taxMinor;
        const { paymentTerms, creditLimitMinor } = ask.customer;
        if (paymentTerms === "CREDIT" && totalMinor > creditLimitMinor) {
          return refuse("credit_limit_exceeded", { totalMinor, creditLimitMinor });
        }
        const number = `INV-${String(this.invoices.size + 1).padStart(6, "0")}`;
        const issued = {
          invoiceId: newId(),
          number,
          subtotalMinor,
          taxMinor,
          totalMinor,
          issuedAt: new Date().toISOString(),
        };
        this.invoices.set(ask.orderId, issued);
        return done(issued);
      }),
    ),
    handle(CancelIssue, async (_tx, commands) =>
      commands.map(({ ask }) => {
        this.seen.push({ name: CancelIssue.name, orderId: ask.orderId });
        const invoice = this.invoices.get(ask.orderId);
        if (invoice) return done({ state: "already-done" as const, invoice });
        this.cancelled.add(ask.orderId);
        return done({ state: "cancelled" as const });
      }),
    ),
    handle(CreditOrder, async (_tx, commands) =>
      commands.map(({ ask, meta }) => {
        this.seen.push({ name: CreditOrder.name, orderId: ask.orderId });
        const invoice = this.invoices.get(ask.orderId);
        if (!invoice) return done({ creditNote: null });
        const number = `CN-${String(this.credited.size + 1).padStart(6, "0")}`;
        this.credited.set(ask.orderId, number);
        const { invoiceId, number: invoiceNumber, subtotalMinor, taxMinor, totalMinor } = invoice;
        return done({
          creditNote: {
            id: newId(),
            number,
            series: "CN",
            invoiceId,
            invoiceNumber,
            customerId: newId(),
            subtotalMinor,
            taxMinor,
            totalMinor,
            currency: "USD",
            reason: ask.reason ?? null,
            issuedAt: new Date().toISOString(),
            issuedBy: meta.actor.name ?? null,
          },
        });
      }),
    ),
  ];
}
