import { FreshEvents } from "./fresh-events";
import type { OutboxRow } from "./outbox";

const row = (seq: number, epoch = 1): OutboxRow => ({
  epoch,
  seq,
  at: "2026-01-01T00:00:00.000Z",
  subject: "evt.inventory.stock-reserved.v1",
  meta: "{}",
  body: "{}",
});
const seqs = (rows: OutboxRow[]) => rows.map(({ seq }) => seq);

test("takes what follows without a gap, in order, whatever the order of the commits' tellings", () => {
  const fresh = new FreshEvents();
  fresh.add([row(13), row(14)]);
  fresh.add([row(11), row(12)]);
  fresh.add([row(16)]);
  expect(seqs(fresh.takeAfter({ epoch: 1, seq: 10 }, 3))).toEqual([11, 12, 13]);
  expect(seqs(fresh.takeAfter({ epoch: 1, seq: 13 }, 500))).toEqual([14]);
  expect(seqs(fresh.takeAfter({ epoch: 1, seq: 14 }, 500))).toEqual([]);
});

test("has nothing of another epoch, nor once it holds more than it keeps", () => {
  const fresh = new FreshEvents();
  fresh.add([row(1)]);
  expect(fresh.takeAfter({ epoch: 2, seq: 0 }, 500)).toEqual([]);
  fresh.add([row(1, 2)]);
  expect(fresh.takeAfter({ epoch: 1, seq: 0 }, 500)).toEqual([]);
  expect(seqs(fresh.takeAfter({ epoch: 2, seq: 0 }, 500))).toEqual([1]);
  for (let seq = 1; seq <= 1_001; seq++) fresh.add([row(seq, 2)]);
  expect(seqs(fresh.takeAfter({ epoch: 2, seq: 0 }, 500))).toEqual([]);
  expect(seqs(fresh.takeAfter({ epoch: 2, seq: 1_000 }, 500))).toEqual([1_001]);
});
