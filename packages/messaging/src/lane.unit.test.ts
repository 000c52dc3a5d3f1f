import { Fault } from "@quartermaster/contracts";
import { pino } from "pino";
import { Lane, type LaneLimits } from "./lane";

const log = pino({ level: "silent" });
const limits: LaneLimits = { sizeMax: 4, waitingMax: 10, attemptsMax: 3, gatherMs: 1 };

function laneOf(run: (items: string[]) => Promise<string[]>, parked: string[] = []): Lane<string, string> {
  return new Lane<string, string>({
    name: "test",
    limits,
    log,
    run,
    poisoned: async (item) => {
      parked.push(item);
      return `parked ${item}`;
    },
  });
}

test("what arrives while a batch runs is taken by the next one, up to its size", async () => {
  const batches: string[][] = [];
  const lane = laneOf(async (items) => {
    batches.push(items);
    return items;
  });
  await Promise.all(["a", "b", "c", "d", "e", "f"].map((item) => lane.push(item)));
  expect(batches).toEqual([
    ["a", "b", "c", "d"],
    ["e", "f"],
  ]);
});

test("a fault runs the batch again whole; every item gets its own result", async () => {
  let attempts = 0;
  const lane = laneOf(async (items) => {
    if (++attempts < 3) throw new Fault("database", "dead-lock");
    return items.map((item) => item.toUpperCase());
  });
  expect(await Promise.all([lane.push("a"), lane.push("b")])).toEqual(["A", "B"]);
  expect(attempts).toBe(3);
});

test("a fault that does not pass is given to every item, and the lane goes on", async () => {
  let broken = true;
  const lane = laneOf(async (items) => {
    if (broken) throw new Fault("database", "away");
    return items;
  });
  const results = await Promise.allSettled([lane.push("a"), lane.push("b")]);
  expect(results.map((one) => one.status)).toEqual(["rejected", "rejected"]);
  broken = false;
  expect(await lane.push("c")).toBe("c");
});

test("a defect halves the batch until the poison item is alone", async () => {
  const parked: string[] = [];
  const lane = laneOf(async (items) => {
    if (items.includes("poison")) throw new TypeError("bug");
    return items;
  }, parked);
  const results = await Promise.all(["a", "poison", "b", "c"].map((item) => lane.push(item)));
  expect(results).toEqual(["a", "parked poison", "b", "c"]);
  expect(parked).toEqual(["poison"]);
});

test("a full lane refuses at once", async () => {
  const lane = laneOf(async (items) => items);
  const results = await Promise.allSettled(Array.from({ length: 11 }, (_, n) => lane.push(String(n))));
  expect(results.filter((one) => one.status === "rejected")).toHaveLength(1);
  expect((results[10] as PromiseRejectedResult).reason).toMatchObject({ name: "Fault", kind: "overloaded" });
});

test("idle waits for what runs and what waits", async () => {
  const finished: string[] = [];
  const lane = laneOf(async (items) => {
    await new Promise(setImmediate);
    finished.push(...items);
    return items;
  });
  for (const item of ["a", "b", "c", "d", "e"]) void lane.push(item);
  await lane.idle();
  expect(finished).toHaveLength(5);
});
