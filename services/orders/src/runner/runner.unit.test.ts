import { Fault, type Tx } from "@quartermaster/messaging";
import { silentLog } from "@quartermaster/testkit";
import { SagaRunner } from "./runner";

test("an act before the sagas have started is put off, instead of ending sagas whose waiters are never told", async () => {
  const runner = new SagaRunner({}, silentLog);
  await expect(runner.conclude({} as Tx, [])).rejects.toBeInstanceOf(Fault);
});
