import fc from "fast-check";
import { canonicalText, genesisHash, hashesOn, hashOf } from "./chain";
import type { ChainedLink, ChainHead, Link } from "./link";
import { Verification } from "./verification";

const genesis: ChainHead = { position: 0, hash: genesisHash };

function chainOn(head: ChainHead, links: Link[]): ChainedLink[] {
  const hashes = hashesOn(head, links);
  return links.map((link, n) => ({ ...link, position: head.position + n + 1, hash: hashes[n] ?? "" }));
}

const placed: Link = {
  source: "orders",
  epoch: 1,
  seq: 1,
  at: "2026-03-01T09:00:00.000Z",
  recordedAt: "2026-03-01T09:00:00.017Z",
  actorKind: "user",
  userId: "0199f2c0-0000-7000-8000-000000000001",
  userName: "Ana Muñoz",
  role: "SALES",
  ip: null,
  action: "CREATE",
  entity: "order",
  recordId: "0199f2c0-0000-7000-8000-000000000002",
  version: 1,
  event: "orders.order-placed.v1",
  description: "Order placed: stock reserved, invoice issued",
  oldValues: null,
  newValues: '{"status":"PENDING","notes":"a \\"quoted\\" word\\n"}',
  requestId: "req-1",
};

test("the canonical text of a link is the one that the README documents", () => {
  expect(canonicalText(1, placed)).toBe(
    '["quartermaster-audit-1",1,"orders",1,1,"2026-03-01T09:00:00.000Z","2026-03-01T09:00:00.017Z","user",' +
      '"0199f2c0-0000-7000-8000-000000000001","Ana Muñoz","SALES",null,"CREATE","order",' +
      '"0199f2c0-0000-7000-8000-000000000002",1,"orders.order-placed.v1",' +
      '"Order placed: stock reserved, invoice issued",null,' +
      '"{\\"status\\":\\"PENDING\\",\\"notes\\":\\"a \\\\\\"quoted\\\\\\" word\\\\n\\"}","req-1"]',
  );
  expect(hashOf(genesisHash, 1, placed)).toBe(
    "8cb4e0c7c74ebd803f88e75b1950b4ac48c8067a78aefb85146190a3db592c97",
  );
});

const anyText = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json());
const anyLink = fc.record({
  source: fc.constantFrom("orders", "billing"),
  epoch: fc.integer({ min: 1, max: 3 }),
  seq: fc.integer({ min: 1, max: 1_000 }),
  at: fc.constant(placed.at),
  recordedAt: fc.constant(placed.recordedAt),
  actorKind: fc.constantFrom("user", "service"),
  userId: anyText,
  userName: fc.option(anyText),
  role: fc.option(fc.constant("ADMIN")),
  ip: fc.option(anyText),
  action: fc.constantFrom("CREATE" as const, "UPDATE" as const),
  entity: anyText,
  recordId: anyText,
  version: fc.nat(),
  event: anyText,
  description: anyText,
  oldValues: fc.option(anyText),
  newValues: fc.option(anyText),
  requestId: fc.option(anyText),
});

function firstBroken(links: ChainedLink[], head: ChainHead): number | undefined {
  const walk = new Verification();
  walk.take(links);
  return walk.verdict(head).firstBroken?.position;
}

const headOf = (links: ChainedLink[]): ChainHead => {
  const last = links.at(-1) as ChainedLink;
  return { position: last.position, hash: last.hash };
};

test("a chain made in any batches verifies", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyLink, { maxLength: 4 }), { maxLength: 5 }), (batches) => {
      const links: ChainedLink[] = [];
      for (const batch of batches) links.push(...chainOn(links.length > 0 ? headOf(links) : genesis, batch));
      expect(firstBroken(links, links.length > 0 ? headOf(links) : genesis)).toBeUndefined();
    }),
  );
});

test("whatever field of whatever link is changed, the change is found at its position", () => {
  const chains = fc.array(anyLink, { minLength: 1, maxLength: 6 }).map((some) => chainOn(genesis, some));
  const fields = Object.keys(placed) as (keyof Link)[];
  fc.assert(
    fc.property(chains, fc.nat(), fc.constantFrom(...fields), (links, pick, field) => {
      const victim = links[pick % links.length] as ChainedLink;
      const changed = links.map((link) =>
        link === victim ? { ...link, [field]: other(link[field]) } : link,
      );
      expect(firstBroken(changed, headOf(links))).toBe(victim.position);
    }),
  );
});

test("a link that is deleted, swapped, rehashed or cut from the end is found", () => {
  fc.assert(
    fc.property(fc.array(anyLink, { minLength: 4, maxLength: 8 }), fc.nat(), (some, pick) => {
      const links = chainOn(
        genesis,
        some.map((link, n) => ({ ...link, seq: n + 1 })),
      );
      const at = pick % (links.length - 2);
      const [one, next] = [links[at] as ChainedLink, links[at + 1] as ChainedLink];

      const deleted = links.filter((link) => link !== one);
      expect(firstBroken(deleted, headOf(links))).toBe(one.position);

      const swapped = links.map((link) => {
        if (link === one) return { ...next, position: one.position };
        return link === next ? { ...one, position: next.position } : link;
      });
      expect(firstBroken(swapped, headOf(links))).toBe(one.position);

      const edited = { ...one, userId: `${one.userId}!` };
      const rehashed = {
        ...edited,
        hash: hashOf(links[at - 1]?.hash ?? genesisHash, edited.position, edited),
      };
      const withRehashed = links.map((link) => (link === one ? rehashed : link));
      expect(firstBroken(withRehashed, headOf(links))).toBe(next.position);

      expect(firstBroken(links.slice(0, -1), headOf(links))).toBe(links.length);
    }),
  );
});

function other(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  return value === null ? "" : `${value}!`;
}
