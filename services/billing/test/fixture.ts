import type { Actor, AskOf, IssueInvoice, Request } from "@quartermaster/contracts";
import {
  type Answered,
  type AskOptions,
  askerOver,
  newId,
  type RunningService,
} from "@quartermaster/messaging";
import { readConfig } from "@quartermaster/process";
import { silentLog, type World } from "@quartermaster/testkit";
import { BillingConfig, start } from "../src/app";

export type InvoiceAsk = AskOf<typeof IssueInvoice>;

export const admin: Actor = { kind: "user", id: "u-1", name: "ada", role: "ADMIN" };

/** One instance of billing in the world, under its own login role. */
export async function startBilling(
  world: World,
  settings: Record<string, string> = {},
): Promise<RunningService> {
  const config = readConfig(BillingConfig, {
    DATABASE_URL: world.databaseUrl("billing"),
    ...world.natsFor("billing"),
    // What two do at the same time has to be right too: a leader may be a former one.
    COMMANDS_BY: "all",
    ...settings,
  });
  // A service's user may not ask itself: tests ask in the tester's name.
  return { ...(await start(config, silentLog)), asker: askerOver(world.tester) };
}

export interface BuyerTerms {
  id?: string;
  paymentTerms?: "CASH" | "CREDIT";
  creditLimitMinor?: number;
}

/** What the placement saga asks: one order over one line of the given amount before tax. */
export function orderOf(
  amountMinor: number,
  buyer: BuyerTerms = {},
  more: Partial<InvoiceAsk> = {},
): InvoiceAsk {
  return {
    orderId: newId(),
    customer: {
      id: buyer.id ?? newId(),
      name: "Bolts & Sons",
      documentType: "TAX_ID",
      documentNumber: "12-345",
      address: "1 Quay Street",
      email: "bolts@example.com",
      paymentTerms: buyer.paymentTerms ?? "CASH",
      creditLimitMinor: buyer.creditLimitMinor ?? 0,
    },
    lines: [
      {
        productId: 1,
        sku: "WIDGET-A-001",
        description: "Widget A",
        quantity: 1,
        unitPriceMinor: amountMinor,
        lineTotalMinor: amountMinor,
        taxCode: "STANDARD",
      },
    ],
    shippingMinor: 0,
    ...more,
  };
}

/** Asks billing as a user, an administrator unless said otherwise. */
export function asking(service: RunningService) {
  return <C extends Request>(
    contract: C,
    ask: AskOf<C>,
    { actor = admin, ...options }: Partial<AskOptions> & { actor?: Actor } = {},
  ): Promise<Answered<C>> =>
    service.asker.ask(contract, ask, {
      meta: { actor, requestId: null, causation: null, traceparent: null },
      timeoutMs: 20_000,
      ...options,
    });
}

/** The answer, or a failure that shows what came instead. */
export function answerOf<C extends Request>(answered: Answered<C>) {
  if ("answer" in answered) return answered.answer;
  throw new Error(`no answer: ${JSON.stringify(answered)}`);
}

/** What billing said about an entity, in order: event names and bodies out of the outbox. */
export async function saidAbout(world: World, entityId: string): Promise<{ event: string; body: unknown }[]> {
  const rows = await world.sql<{ subject: string; body: string }>(
    "select subject, body from billing.outbox order by epoch, seq",
  );
  return rows
    .map(({ subject, body }) => ({ event: subject.replace(/^evt\./, ""), body: JSON.parse(body) }))
    .filter(({ body }) => body.entityId === entityId);
}
