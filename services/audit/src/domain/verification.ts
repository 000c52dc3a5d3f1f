import type { AnswerOf, VerifyAudit } from "@quartermaster/contracts";
import { genesisHash, hashOf } from "./chain";
import type { ChainedLink, ChainHead } from "./link";

type Verdict = AnswerOf<typeof VerifyAudit>;
type Counted = Verdict["sources"][number];

/**
 * A walk along the chain that remembers no link but the last one, so that a chain of any length is verified in pages.
 */
export class Verification {
  private at: ChainHead = { position: 0, hash: genesisHash };
  private records = 0;
  private firstBroken: Verdict["firstBroken"] = null;
  private readonly counted = new Map<string, Counted>();

  /** The position behind which the next page begins. */
  get position(): number {
    return this.at.position;
  }

  /** Takes the next page of links, in the chain's order. */
  take(links: readonly ChainedLink[]): void {
    for (const link of links) {
      if (link.position !== this.at.position + 1) {
        this.breakAt(this.at.position + 1, "The record is missing.");
      } else if (hashOf(this.at.hash, link.position, link) !== link.hash) {
        this.breakAt(link.position, "The hash does not follow from the record and the one before it.");
      }
      this.at = { position: link.position, hash: link.hash };
      this.records += 1;
      this.count(link);
    }
  }

  /** The verdict, given the head as it stood when the walk began. Every link up to it has been taken. */
  verdict(head: ChainHead): Verdict {
    if (this.at.position !== head.position) {
      this.breakAt(
        Math.min(this.at.position, head.position) + 1,
        `The head says that the last record is ${head.position}.`,
      );
    } else if (this.at.hash !== head.hash) {
      this.breakAt(head.position, "The head has another hash than the last record.");
    }
    const sources = [...this.counted.values()].sort(bySourceAndEpoch);
    for (const one of sources) one.missing = one.highest - one.records;
    const ok = this.firstBroken === null && sources.every((one) => one.missing === 0);
    return { ok, records: this.records, head, firstBroken: this.firstBroken, sources };
  }

  private breakAt(position: number, why: string): void {
    this.firstBroken ??= { position, why };
  }

  // A source's numbers begin at 1 and each is recorded once (a unique index), so the highest one is how many there are.
  private count({ source, epoch, seq }: ChainedLink): void {
    const key = `${source}/${epoch}`;
    const counted = this.counted.get(key) ?? { source, epoch, records: 0, highest: 0, missing: 0 };
    counted.records += 1;
    counted.highest = Math.max(counted.highest, seq);
    this.counted.set(key, counted);
  }
}

function bySourceAndEpoch(one: Counted, other: Counted): number {
  return one.source.localeCompare(other.source) || one.epoch - other.epoch;
}
