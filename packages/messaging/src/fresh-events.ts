import type { OutboxRow } from "./outbox";

/** Two of the relay's windows, at most some 10 MB of bodies: the outbox has them all. */
const keptMax = 1_000;

/**
 * What this process has just committed, so that its relay need not read back what it has just written. A shortcut only:
 * whatever is not here (another instance's events, a commit in doubt) is read from the outbox.
 */
export class FreshEvents {
  private readonly bySeq = new Map<number, OutboxRow>();
  private epoch = 0;

  /** Rows of one commit. Commits may be told of in another order than they have numbers in. */
  add(rows: readonly OutboxRow[]): void {
    const epoch = rows[0]?.epoch ?? this.epoch;
    if (epoch !== this.epoch || this.bySeq.size + rows.length > keptMax) this.bySeq.clear();
    this.epoch = epoch;
    for (const row of rows) this.bySeq.set(row.seq, row);
  }

  /** Takes what follows `after` without a gap; nothing where the very next one is not here. */
  takeAfter(after: { epoch: number; seq: number }, limit: number): OutboxRow[] {
    if (after.epoch !== this.epoch) return [];
    const taken: OutboxRow[] = [];
    for (let seq = after.seq + 1; taken.length < limit; seq++) {
      const row = this.bySeq.get(seq);
      if (!row) break;
      this.bySeq.delete(seq);
      taken.push(row);
    }
    return taken;
  }

  clear(): void {
    this.bySeq.clear();
  }
}
