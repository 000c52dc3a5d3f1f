import { Fault } from "@quartermaster/messaging";
import { signingKey } from "../../test/support/signing";
import { keySet } from "./key-set";

const one = signingKey("one");
const two = signingKey("two");

test("keys are read once, and again for an unknown key, but not more often than every five seconds", async () => {
  let now = 0;
  let reads = 0;
  let published = [one.jwk];
  const keys = keySet(
    async () => {
      reads += 1;
      return { keys: published };
    },
    () => now,
  );
  expect((await keys.find("one"))?.type).toBe("public");
  published = [two.jwk, one.jwk];
  expect(await keys.find("two")).toBeUndefined();
  now = 5_000;
  expect((await keys.find("two"))?.type).toBe("public");
  await Promise.all(Array.from({ length: 50 }, (_, n) => keys.find(`forged-${n}`)));
  expect(reads).toBe(2);
});

test("without any key, an absent identity is a fault; with keys, an unknown key is just unknown", async () => {
  let away = true;
  let now = 0;
  const keys = keySet(
    async () => {
      if (away) throw new Fault("no-responders", "identity is away");
      return { keys: [one.jwk] };
    },
    () => now,
  );
  await expect(keys.find("one")).rejects.toThrow("away");
  away = false;
  expect((await keys.find("one"))?.type).toBe("public");
  away = true;
  now = 60_000;
  expect(await keys.find("two")).toBeUndefined();
  expect(keys.published()).toEqual({ keys: [one.jwk] });
});
