import { HashingBusy, openPasswords } from "./passwords";

test("a password matches its own hash only, and nobody's hash matches nothing", async () => {
  const passwords = await openPasswords(1);
  const stored = await passwords.hash("right");
  const verdicts = await passwords.inTurn(async (verify) => [
    await verify(stored, "right"),
    await verify(stored, "wrong"),
    await verify(null, "the password of nobody"),
  ]);
  expect(verdicts).toEqual([true, false, false]);
});

test("no more run at once than allowed, in the order of their coming, and a full queue says so", async () => {
  const passwords = await openPasswords(2);
  let [running, most] = [0, 0];
  const order: number[] = [];
  const work = (n: number) =>
    passwords.inTurn(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      order.push(n);
      running -= 1;
    });
  const results = await Promise.allSettled(Array.from({ length: 210 }, (_, n) => work(n)));
  const refused = results.filter((one) => one.status === "rejected");
  expect(most).toBe(2);
  expect(refused).toHaveLength(8);
  expect(refused[0]).toMatchObject({ reason: expect.any(HashingBusy) });
  expect(order).toEqual(Array.from({ length: 202 }, (_, n) => n));
});
