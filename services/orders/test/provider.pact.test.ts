import {
  type AskOf,
  CancelIssue,
  CancelOrder,
  ChangeCustomer,
  type CommandContract,
  CreditOrder,
  IssueInvoice,
  OpenCustomer,
  PlaceOrder,
  ReleaseStock,
  ReserveStock,
} from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import {
  type Aliases,
  casesOf,
  type Parameters,
  type PlayedServices,
  type Provider,
  playServices,
  testProvider,
} from "@quartermaster/pacts";
import { answerOf, Stage } from "./stage";

/** Inventory and billing are played by the examples that orders states it relies on, and that they are verified against. */
testProvider("orders", async () => {
  const stage = await Stage.open();
  await stage.stop("inventory");
  await stage.stop("billing");
  const services = playServices(stage.world.nats);
  playAll(services);
  return {
    service: "orders",
    asker: stage.asker,
    nats: stage.world.nats,
    operator: stage.world.operator,
    unique: ["email", "documentNumber"],
    states: statesOf(stage, services),
    afterEach: async () => playAll(services),
    close: () => stage.close(),
  };
});

const played = [ReserveStock, ReleaseStock, IssueInvoice, CancelIssue, CreditOrder];

function playAll(services: PlayedServices): void {
  for (const contract of played) play(services, contract);
}

/** Answers the message by its first example that is answered, or refused with the code. */
function play(services: PlayedServices, contract: CommandContract, code?: string): void {
  const example = casesOf([{ contract }])
    .map((one) => one.example)
    .find(({ refusal }) => refusal?.code === code);
  if (!example) throw new Error(`${contract.name} has no example that is refused with ${code}`);
  services.answers(contract, example.refusal ?? example.answer, code !== undefined);
}

const line = { productId: 12, quantity: 6 };
const bookshop = {
  name: "Bookshop Lima",
  documentType: "RUC" as const,
  address: "Av. Larco 101, Lima",
  phone: "+51 1 555 0101",
};

function statesOf(stage: Stage, services: PlayedServices): Provider["states"] {
  const place = (id: string, { customerId }: Parameters, aliases: Aliases, waitMs = 10_000) => {
    const ask: AskOf<typeof PlaceOrder> = {
      items: [line],
      customerId: aliases.toReal(String(customerId)),
    };
    return stage.ask(PlaceOrder, ask, undefined, { id, waitMs });
  };
  return {
    "a customer": async ({ id }, { aliases }) => {
      const fields = {
        email: aliases.fresh("ben@bookshop.example"),
        documentNumber: aliases.fresh("20123456789"),
      };
      answerOf(await stage.ask(OpenCustomer, { ...bookshop, ...fields, id: aliases.fresh(String(id)) }));
    },
    "another customer": async ({ documentNumber }, { aliases }) => {
      const { documentType } = bookshop;
      const fields = { documentType, documentNumber: aliases.fresh(String(documentNumber)) };
      answerOf(await stage.ask(OpenCustomer, { name: "Another shop", ...fields }));
    },
    "a blocked customer": async ({ id }, { aliases }) => {
      answerOf(await stage.ask(ChangeCustomer, { id: aliases.toReal(String(id)), status: "BLOCKED" }));
    },
    "a changed customer": async ({ id }, { aliases }) => {
      const credit = { paymentTerms: "CREDIT" as const, creditLimitMinor: 100_000 };
      answerOf(await stage.ask(ChangeCustomer, { id: aliases.toReal(String(id)), ...credit }));
    },
    "an order": async ({ id, ...parameters }, { aliases }) => {
      const order = answerOf(await place(newId(), parameters, aliases));
      aliases.bind(id, order.id);
    },
    "a rejected order": async ({ id, ...parameters }, { aliases }) => {
      play(services, IssueInvoice, "credit_limit_exceeded");
      const orderId = newId();
      const answered = await place(orderId, parameters, aliases);
      if (!("refusal" in answered)) throw new Error("the order was not rejected");
      aliases.bind(id, orderId);
    },
    "an order being placed": async ({ id, ...parameters }, { aliases }) => {
      services.holds(ReserveStock);
      const orderId = newId();
      const answered = await place(orderId, parameters, aliases, 0);
      if (!("accepted" in answered)) throw new Error("the order was decided");
      aliases.bind(id, orderId);
    },
    "a cancelled order": async ({ id }, { aliases }) => {
      answerOf(await stage.ask(CancelOrder, { id: aliases.toReal(String(id)), reason: "Ordered twice" }));
    },
    // No command ships an order yet.
    "a shipped order": ({ id }, { aliases }) =>
      stage.world.sql("update orders.orders set status = 'SHIPPED' where id = $1", [aliases.toReal(id)]),
    "a refused reservation": async ({ code }) => play(services, ReserveStock, String(code)),
    "a refused issue": async ({ code }) => play(services, IssueInvoice, String(code)),
  };
}
