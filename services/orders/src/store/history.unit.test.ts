import type { Reader } from "@quartermaster/messaging";
import type { Note } from "../sagas/engine/saga";
import { historyOf, readHistory } from "./history";

const step: Note = { kind: "step", what: "accept-order" };
const refused: Note = { kind: "message", what: "refused x", details: { code: "fenced" } };
const reading = (history: string): Reader => ({
  rows: async <Row>() => [{ name: "place-order", history } as Row],
});
const entry = (ms: number, note: Note) => ({ saga: "place-order", at: new Date(ms).toISOString(), note });

test("the timeline is read as it was noted, move by move; a move without a note leaves nothing", async () => {
  const history = historyOf([step, refused], 1_000) + historyOf([], 2_000) + historyOf([step], 3_000);
  expect(await readHistory(reading(history), ["id"])).toEqual([
    entry(1_000, step),
    entry(1_000, refused),
    entry(3_000, step),
  ]);
});

test("a saga whose moves were written with a line per note, and then in one line each, is read alike", async () => {
  const old = '[1000,"step","accept-order"]\n[1000,"message","refused x",{"code":"fenced"}]\n';
  expect(await readHistory(reading(old + historyOf([step], 2_000)), ["id"])).toEqual([
    entry(1_000, step),
    entry(1_000, refused),
    entry(2_000, step),
  ]);
});
