import { ChangeCustomer } from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import { answerOf, Stage } from "./stage";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage?.close());

test("an email that another customer takes at the same moment is refused like one that was taken before", async () => {
  const id = await stage.customer({ email: "before@example.com" });
  // One transaction: the row is there, and committed a second later.
  const taking = stage.world.sql(
    `insert into orders.customers (id, name, email, created_at, updated_at)
     values ('${newId()}', 'Faster', 'wanted@example.com', now(), now()); select pg_sleep(1)`,
  );
  const sleeping = "select 1 from pg_stat_activity where wait_event = 'PgSleep'";
  await eventually(async () => (await stage.world.sql(sleeping)).length > 0, { withinMs: 5_000 });
  const change = stage.ask(ChangeCustomer, { id, email: "wanted@example.com" });
  expect(await change).toMatchObject({ refusal: { code: "document_taken" } });
  await taking;
  expect(answerOf(await stage.ask(ChangeCustomer, { id, name: "Slower" }))).toMatchObject({
    name: "Slower",
    email: "before@example.com",
    version: 2,
  });
});
