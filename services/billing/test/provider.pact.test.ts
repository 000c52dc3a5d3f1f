import { type AskOf, CancelIssue, CreditOrder, IssueInvoice } from "@quartermaster/contracts";
import { examplesOf, type Parameters, type Provider, type Scene, testProvider } from "@quartermaster/pacts";
import { openWorld } from "@quartermaster/testkit";
import { answerOf, asking, startBilling } from "./fixture";

testProvider("billing", async () => {
  const world = await openWorld("billing");
  const billing = await startBilling(world);
  return {
    service: "billing",
    asker: billing.asker,
    nats: world.nats,
    operator: world.operator,
    unique: ["orderId", "id"],
    states: statesOf(asking(billing)),
    close: async () => {
      await billing.stop();
      await world.close();
    },
  };
});

/** What the placement saga asks, and what billing refuses. */
const [issued, overLimit] = examplesOf(IssueInvoice).map(({ ask }) => ask as AskOf<typeof IssueInvoice>);

function statesOf(ask: ReturnType<typeof asking>): Provider["states"] {
  const issue = (
    example: AskOf<typeof IssueInvoice> | undefined,
    { orderId }: Parameters,
    { aliases }: Scene,
  ) => {
    if (!example) throw new Error("IssueInvoice lacks an example");
    aliases.fresh(example.customer.id);
    return ask(IssueInvoice, aliases.toReal({ ...example, orderId: aliases.fresh(String(orderId)) }));
  };
  return {
    "an invoice": async (parameters, scene) => {
      const { invoiceId } = answerOf(await issue(issued, parameters, scene));
      scene.aliases.bind(parameters.id, invoiceId);
    },
    "a refused invoice": async (parameters, scene) => {
      const answered = await issue(overLimit, parameters, scene);
      if (!("refusal" in answered)) throw new Error("the invoice was not refused");
    },
    "a cancelled issue": async ({ orderId }, { aliases }) =>
      answerOf(await ask(CancelIssue, { orderId: aliases.fresh(String(orderId)) })),
    "a credit note": async ({ id, orderId }, { aliases }) => {
      const credit = { orderId: aliases.fresh(String(orderId)), reason: "Ordered twice" };
      const { creditNote } = answerOf(await ask(CreditOrder, credit));
      aliases.bind(id, creditNote?.id);
    },
  };
}
