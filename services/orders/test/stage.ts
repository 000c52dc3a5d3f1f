import {
  type Actor,
  type AskOf,
  CancelIssue,
  type CommandContract,
  GetOrder,
  OpenCustomer,
  PlaceOrder,
  type QueryContract,
  type ServiceName,
} from "@quartermaster/contracts";
import {
  type Answered,
  type Handler,
  type Meta,
  newId,
  type RunningService,
  startService,
} from "@quartermaster/messaging";
import { eventually, openWorld, silentLog, type World } from "@quartermaster/testkit";
import { OrdersConfig, start } from "../src/app";
import { Ledger, Shelf } from "./participants";

export const staff: Actor = { kind: "user", id: newId(), name: "mia", role: "MANAGER" };

export function customerActor(customerId: string, name = `${customerId}@buyer.example`): Actor {
  return { kind: "user", id: newId(), name, role: "CUSTOMER", customerId };
}

/** Orders on real servers, with inventory and billing played by the test, and the gateway's part to ask with. */
export class Stage {
  readonly shelf = new Shelf();
  readonly ledger = new Ledger();
  private readonly running = new Map<string, RunningService>();

  private constructor(readonly world: World) {}

  static async open(): Promise<Stage> {
    const stage = new Stage(await openWorld("orders", "inventory", "billing", "gateway", "identity"));
    await stage.startPart("gateway", []);
    await stage.startInventory();
    await stage.startBilling();
    await stage.startOrders();
    return stage;
  }

  startInventory = () => this.startPart("inventory", this.shelf.handlers);
  startBilling = () => this.startPart("billing", this.ledger.handlers);

  /** Billing comes back, and the fence is the first that it hears: who found nobody sends again for a second. */
  async startBillingWithTheFence(fenced: () => Promise<unknown>): Promise<void> {
    const fence = this.ledger.handlers.filter(({ contract }) => contract === CancelIssue);
    await this.startPart("billing", fence);
    await fenced();
    await this.stop("billing");
    await this.startBilling();
  }

  async startOrders(instance = "orders"): Promise<RunningService> {
    const config = OrdersConfig.parse({
      ...this.environment("orders", instance),
      SHIPPING_FLAT_RATE: "10.00",
    });
    const service = await start(config, silentLog);
    this.running.set(instance, service);
    return service;
  }

  async startPart(service: ServiceName, messages: Handler[]): Promise<void> {
    const config = OrdersConfig.parse(this.environment(service, service));
    this.running.set(service, await startService({ service, config, log: silentLog, messages }));
  }

  async stop(name: string): Promise<void> {
    await this.running.get(name)?.stop();
    this.running.delete(name);
  }

  async close(): Promise<void> {
    for (const name of [...this.running.keys()]) await this.stop(name);
    await this.world.close();
  }

  ask<C extends CommandContract | QueryContract>(
    contract: C,
    ask: AskOf<C>,
    actor: Actor = staff,
    options: { id?: string; waitMs?: number; timeoutMs?: number } = {},
  ): Promise<Answered<C>> {
    const meta: Meta = { actor, requestId: "request-1", causation: null, traceparent: null };
    return this.asker.ask(contract, ask, { meta, timeoutMs: 15_000, ...options });
  }

  get asker(): RunningService["asker"] {
    return (this.running.get("gateway") as RunningService).asker;
  }

  async customer(fields: Partial<AskOf<typeof OpenCustomer>> = {}): Promise<string> {
    const opened = await this.ask(OpenCustomer, { name: "Acme", ...fields });
    return answerOf(opened).id;
  }

  place(
    customerId: string,
    items: AskOf<typeof PlaceOrder>["items"],
    options: { id?: string; waitMs?: number; timeoutMs?: number } = {},
  ) {
    return this.ask(PlaceOrder, { items, customerId }, staff, options);
  }

  async untilStatus(id: string, status: string, withinMs = 20_000) {
    return eventually(
      async () => {
        const order = answerOf(await this.ask(GetOrder, { id }));
        return order.status === status && order;
      },
      { withinMs },
    );
  }

  /** What was said of an entity, in order: the subject and the new fields. */
  async said(
    entityId: string,
  ): Promise<{ subject: string; body: { old: unknown; new: Record<string, unknown>; version: number } }[]> {
    const rows = await this.world.sql<{ subject: string; body: string }>(
      "select subject, body from orders.outbox where body like $1 order by seq",
      [`{"entityId":"${entityId}"%`],
    );
    return rows.map(({ subject, body }) => ({ subject, body: JSON.parse(body) }));
  }

  private environment(service: ServiceName, instance: string) {
    return {
      DATABASE_URL: this.world.databaseUrl(service),
      ...this.world.natsFor(service),
      LOG_LEVEL: "silent",
      INSTANCE: instance,
      // What two do at the same time has to be right too: a leader may be a former one.
      COMMANDS_BY: "all",
      DATABASE_POOL_MAX: "4",
    };
  }
}

export function answerOf<Answer>(
  answered: { answer: Answer } | { refusal: unknown } | { accepted: true },
): Answer {
  if ("answer" in answered) return answered.answer;
  throw new Error(`not answered: ${JSON.stringify(answered)}`);
}
