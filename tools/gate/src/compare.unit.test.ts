import {
  type Action,
  type Contract,
  command,
  event,
  type JsonSchema,
  query,
  type RefusalCode,
  type ServiceName,
} from "@quartermaster/contracts";
import { z } from "zod";
import { compare } from "./compare";
import { judge } from "./publish";
import { messageOf } from "./snapshot";

const Line = z.object({ sku: z.string().min(1).max(64), quantity: z.int().min(1).max(1_000) });
const Colour = z.enum(["RED", "GREEN"]);

const ask = {
  orderId: z.uuid(),
  lines: z.array(Line).min(1).max(200),
  colour: Colour,
  weight: z.number().min(0),
  note: z.string().max(200).nullable(),
  limit: z.int().default(50),
  code: z.string().regex(/^[A-Z]+$/),
};
const answer = {
  id: z.uuid(),
  colour: Colour,
  total: z.number().min(0).max(99),
  note: z.string().max(200).nullable(),
};
const refusals: RefusalCode[] = ["not_found", "fenced"];

interface Shape {
  name?: string;
  ask?: z.ZodObject;
  answer?: z.ZodType;
  refusals?: RefusalCode[];
  remembered?: boolean;
}

/** A command that orders asks of inventory. */
const pack = (shape: Shape = {}) =>
  command(shape.name ?? "inventory.pack-order.v1", {
    about: "Packs an order.",
    ask: z.object(ask),
    answer: z.object(answer),
    refusals,
    ...shape,
  }) as unknown as Contract;

/** An event of inventory that billing and audit hear. */
const packed = (fields: z.ZodRawShape = answer, name = "inventory.order-packed.v1") =>
  event(name, { about: "Packed", entity: "order", action: "CREATE" as Action, fields: z.object(fields) });

const asked = (...contracts: Contract[]) => snapshot(["orders"], contracts);
const heard = (...contracts: Contract[]) => snapshot(["billing", "audit"], contracts);
function snapshot(parties: ServiceName[], contracts: Contract[]) {
  return { version: "1.0.0", messages: contracts.map((contract) => messageOf(contract, parties)) };
}

const subject = "cmd.inventory.pack-order.v1";
const whom = "This breaks orders, and whoever asks it elsewhere.";
const hearers = "This breaks billing, audit, and whoever hears it elsewhere.";
const { colour: _, ...withoutColour } = ask;

describe("an ask must go on taking what it took", () => {
  test.each<[string, z.ZodRawShape, string]>([
    ["a field renamed", { ...withoutColour, color: Colour }, "colour was renamed to color"],
    ["a field removed", withoutColour, "colour was removed"],
    ["a type narrowed", { ...ask, weight: z.int().min(0) }, "weight: the type went from number to integer"],
    ["a null forbidden", { ...ask, note: z.string().max(200) }, "note: null is not allowed any more"],
    [
      "a type changed",
      { ...ask, note: z.boolean().nullable() },
      "note: the type went from string | null to boolean | null",
    ],
    ["a format demanded", { ...ask, code: z.uuid() }, 'code: format "uuid" was added'],
    ["a required field added", { ...ask, depot: z.string() }, "depot was added, and is required"],
    ["an optional field made required", { ...ask, limit: z.int() }, "limit is required now"],
    ["an enum value removed", { ...ask, colour: z.enum(["RED"]) }, 'colour: the value "GREEN" was removed'],
    [
      "a maximum lowered",
      { ...ask, note: z.string().max(100).nullable() },
      "note: maxLength went from 200 to 100",
    ],
    ["a minimum raised", { ...ask, weight: z.number().min(1) }, "weight: minimum went from 0 to 1"],
    ["a maximum added", { ...ask, weight: z.number().min(0).max(9) }, "weight: maximum 9 was added"],
    [
      "a pattern changed",
      { ...ask, code: z.string().regex(/^[A-Z]{2}$/) },
      'code: pattern went from "^[A-Z]+$" to "^[A-Z]{2}$"',
    ],
    ["a default changed", { ...ask, limit: z.int().default(20) }, "limit: the default went from 50 to 20"],
    [
      "a list shortened",
      { ...ask, lines: z.array(Line).min(1).max(100) },
      "lines: maxItems went from 200 to 100",
    ],
    [
      "a field deep inside narrowed",
      {
        ...ask,
        lines: z
          .array(Line.extend({ quantity: z.int().min(1).max(10) }))
          .min(1)
          .max(200),
      },
      "lines[].quantity: maximum went from 1000 to 10",
    ],
    [
      "a rule of a kind that is not known here",
      { ...ask, weight: z.number().min(0).multipleOf(5) },
      "weight: multipleOf 5 was added",
    ],
  ])("%s breaks whoever asks", (_about, changed, what) => {
    const { breaks } = compare(asked(pack()), asked(pack({ ask: z.object(changed) })));
    expect(breaks).toContain(`${subject} (ask): ${what}. ${whom}`);
  });

  test("a default beside several types changed breaks whoever asks, and is told once", () => {
    const withDefault = (value: string | null) => ({ ...ask, note: ask.note.default(value) });
    const { breaks } = compare(
      asked(pack({ ask: z.object(withDefault(null)) })),
      asked(pack({ ask: z.object(withDefault("none")) })),
    );
    expect(breaks).toEqual([`${subject} (ask): note: the default went from null to "none". ${whom}`]);
  });

  test("fields that are not named: refused from now on breaks whoever asks, let through breaks nobody", () => {
    const withRules = (rules: JsonSchema) => {
      const { version, messages } = asked(pack());
      return {
        version,
        messages: messages.map((one) => ({ ...one, parts: { ask: { ...one.parts.ask, ...rules } } })),
      };
    };
    const [open, closed] = [withRules({}), withRules({ additionalProperties: false })];
    expect(compare(open, closed).breaks).toEqual([
      `${subject} (ask): fields that are not named are refused now. ${whom}`,
    ]);
    expect(compare(closed, open)).toEqual({
      breaks: [],
      additions: [`${subject} (ask): fields that are not named are let through now.`],
    });
  });

  test.each<[string, z.ZodRawShape, string[]]>([
    ["an optional field added", { ...ask, depot: z.string().optional() }, ["depot was added"]],
    ["a field with a default added", { ...ask, depot: z.string().default("MAIN") }, ["depot was added"]],
    ["a required field made optional", { ...ask, colour: Colour.optional() }, ["colour may be absent now"]],
    [
      "an enum value added",
      { ...ask, colour: z.enum(["RED", "GREEN", "BLUE"]) },
      ['colour: the value "BLUE" was added'],
    ],
    [
      "a maximum raised",
      { ...ask, note: z.string().max(300).nullable() },
      ["note: maxLength went from 200 to 300"],
    ],
    ["a description added", { ...ask, code: ask.code.describe("In capitals.") }, []],
  ])("%s breaks nobody", (_about, changed, additions) => {
    const verdict = compare(asked(pack()), asked(pack({ ask: z.object(changed) })));
    expect(verdict).toEqual({ breaks: [], additions: additions.map((what) => `${subject} (ask): ${what}.`) });
  });
});

describe("an answer must not say what its readers cannot read", () => {
  const { note: __, ...withoutNote } = answer;
  test.each<[string, z.ZodRawShape, string]>([
    ["a field removed", withoutNote, "note was removed"],
    ["a field renamed", { ...withoutNote, remark: answer.note }, "note was renamed to remark"],
    ["a field made optional", { ...answer, total: answer.total.optional() }, "total may be absent now"],
    ["a null allowed", { ...answer, total: answer.total.nullable() }, "total: null is possible now"],
    ["a type changed", { ...answer, total: z.string() }, "total: the type went from number to string"],
    [
      "an enum value added",
      { ...answer, colour: z.enum(["RED", "GREEN", "BLUE"]) },
      'colour: the value "BLUE" was added',
    ],
    [
      "an enum value removed, for which somebody may wait",
      { ...answer, colour: z.enum(["RED"]) },
      'colour: the value "GREEN" was removed',
    ],
    [
      "a maximum raised",
      { ...answer, total: z.number().min(0).max(999) },
      "total: maximum went from 99 to 999",
    ],
    ["a format dropped", { ...answer, id: z.string() }, 'id: format "uuid" is gone'],
  ])("%s breaks whoever asks", (_about, changed, what) => {
    const { breaks } = compare(asked(pack()), asked(pack({ answer: z.object(changed) })));
    expect(breaks).toContain(`${subject} (answer): ${what}. ${whom}`);
  });

  test.each<[string, z.ZodRawShape]>([
    ["a field added", { ...answer, weight: z.number() }],
    ["an optional field added", { ...answer, weight: z.number().optional() }],
    ["a maximum lowered", { ...answer, total: z.number().min(0).max(9) }],
    ["a null that does not come any more", { ...answer, note: z.string().max(200) }],
  ])("%s breaks nobody", (_about, changed) => {
    expect(compare(asked(pack()), asked(pack({ answer: z.object(changed) }))).breaks).toEqual([]);
  });

  test("one of several shapes of an answer is compared with the same one", () => {
    const either = (held: z.ZodRawShape) =>
      z.discriminatedUnion("state", [
        z.object({ state: z.literal("held"), ...held }),
        z.object({ state: z.literal("gone") }),
      ]);
    const { breaks } = compare(
      asked(pack({ answer: either({ until: z.int() }) })),
      asked(pack({ answer: either({}) })),
    );
    expect(breaks).toEqual([`${subject} (answer): until was removed. ${whom}`]);
  });
});

describe("an event is heard long after it was said, so it may change neither way", () => {
  test.each<[string, z.ZodRawShape, string]>([
    [
      "an enum value added",
      { ...answer, colour: z.enum(["RED", "GREEN", "BLUE"]) },
      'new.colour: the value "BLUE" was added',
    ],
    [
      "an enum value removed",
      { ...answer, colour: z.enum(["RED"]) },
      'new.colour: the value "GREEN" was removed',
    ],
    [
      "a type narrowed",
      { ...answer, total: z.int().min(0).max(99) },
      "new.total: the type went from number to integer",
    ],
    [
      "a maximum lowered",
      { ...answer, total: z.number().min(0).max(9) },
      "new.total: maximum went from 99 to 9",
    ],
    [
      "a field renamed",
      { id: answer.id, colour: Colour, sum: answer.total, note: answer.note },
      "new.total was renamed to sum",
    ],
  ])("%s breaks whoever hears it", (_about, changed, what) => {
    const { breaks } = compare(heard(packed()), heard(packed(changed)));
    expect(breaks).toEqual([`evt.inventory.order-packed.v1 (body): ${what}. ${hearers}`]);
  });

  test("a field added breaks nobody: events have only optional fields", () => {
    expect(compare(heard(packed()), heard(packed({ ...answer, weight: z.number() })))).toEqual({
      breaks: [],
      additions: ["evt.inventory.order-packed.v1 (body): new.weight was added."],
    });
  });
});

describe("what a message is called and promises", () => {
  test("a subject changed by another name is seen as that", () => {
    const moved = asked(pack({ name: "inventory.wrap-order.v1" }));
    expect(compare(asked(pack()), moved).breaks).toEqual([
      `${subject}: its subject changed to cmd.inventory.wrap-order.v1. ${whom}`,
    ]);
  });

  test("a subject changed by another kind of message", () => {
    const read = query("inventory.pack-order.v1", {
      about: "Reads what is packed.",
      ask: z.object(ask),
      answer: z.object(answer),
      refusals,
    });
    expect(compare(asked(pack()), asked(read)).breaks).toContain(
      `${subject}: its subject changed to qry.inventory.pack-order.v1. ${whom}`,
    );
  });

  test("a message removed", () => {
    expect(compare(asked(pack()), asked()).breaks).toEqual([`${subject}: it was removed. ${whom}`]);
  });

  test("a refusal removed breaks, one added is told and breaks nobody", () => {
    const fewer = compare(asked(pack()), asked(pack({ refusals: ["not_found"] })));
    expect(fewer.breaks).toEqual([`${subject}: it is not refused with fenced any more. ${whom}`]);
    const more = compare(asked(pack()), asked(pack({ refusals: [...refusals, "forbidden"] })));
    expect(more).toEqual({ breaks: [], additions: [`${subject}: it may be refused with forbidden now.`] });
  });

  test("answers that are not remembered any more", () => {
    expect(compare(asked(pack()), asked(pack({ remembered: false }))).breaks).toEqual([
      `${subject}: its answers are not stored any more, so a repeat under the same id is done twice. ${whom}`,
    ]);
  });

  test("the next version of a message beside it, and a new message, break nobody", () => {
    const next = pack({ name: "inventory.pack-order.v2", ask: z.object({ ...ask, depot: z.string() }) });
    expect(compare(asked(pack()), asked(pack(), next))).toEqual({
      breaks: [],
      additions: ["cmd.inventory.pack-order.v2 is new."],
    });
  });
});

describe("publishing", () => {
  const published = asked(pack());
  const later = (...contracts: Contract[]) => ({ ...asked(...contracts), version: "1.1.0" });

  test("what adds is published under a later version", () => {
    const next = pack({ name: "inventory.pack-order.v2" });
    expect(judge(published, later(pack(), next), []).isDone).toBe(true);
    expect(judge(published, asked(pack(), next), [])).toEqual({
      isDone: false,
      lines: [
        "cmd.inventory.pack-order.v2 is new.",
        "1.0.0 is published already: raise the version in packages/contracts/package.json.",
      ],
    });
  });

  test("what breaks is not published, whatever the version", () => {
    const { isDone, lines } = judge(published, later(pack({ refusals: [] })), []);
    expect([isDone, lines.length]).toEqual([false, 3]);
    expect(lines.at(-1)).toMatch(/declare the next version beside it/);
  });

  test("a message is taken out by name, once its code is gone", () => {
    expect(judge(published, later(), [])).toMatchObject({ isDone: false });
    expect(judge(published, later(), ["inventory.pack-order.v1"])).toEqual({
      isDone: true,
      lines: ["inventory.pack-order.v1 is retired."],
    });
    expect(judge(published, later(pack()), ["inventory.pack-order.v1"]).lines).toEqual([
      "Still declared, so not retired: inventory.pack-order.v1.",
    ]);
    expect(judge(published, later(pack()), ["inventory.wrap.v1"]).lines).toEqual([
      "Never published: inventory.wrap.v1.",
    ]);
  });

  test("nothing new needs no new version", () => {
    expect(judge(published, published, [])).toEqual({ isDone: true, lines: ["Nothing has changed since."] });
  });
});
