import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "@quartermaster/contracts";
import {
  type Change,
  changed,
  defaultChange,
  harmless,
  keywordChanges,
  narrowed,
  rulesOf,
  said,
  valueChanges,
  valuesOf,
  widened,
} from "./keyword-changes";

/**
 * What changed from one JSON Schema to another, as far as a message is concerned. It knows the keywords that contracts
 * produce; a difference in any other is reported as a change that breaks both ways, never passed over.
 */
export function changesOf(before: JsonSchema, now: JsonSchema, path = ""): Change[] {
  const old = alternativesOf(before);
  const new_ = alternativesOf(now);
  const pairs = pairsOf(old, new_);
  const gone = old.filter((one) => !pairs.some(([a]) => a === one));
  const added = new_.filter((one) => !pairs.some(([, b]) => b === one));
  const differences = onlyOnce(pairs.flatMap(([a, b]) => changesOfOne(a, b, path)));
  if (gone.length > 0 && added.length > 0) {
    const what = `the type went from ${textOf(before)} to ${textOf(now)}`;
    return [...differences, { path, what, ...typeEffect(gone, added) }];
  }
  return [
    ...differences,
    ...gone.map((one) => ({ path, what: `${textOf(one)} is not allowed any more`, ...narrowed })),
    ...added.map((one) => ({ path, what: `${textOf(one)} is possible now`, ...widened })),
  ];
}

/** What stands beside several alternatives is found in each of them. */
function onlyOnce(changes: Change[]): Change[] {
  return changes.filter(
    (one, index) => changes.findIndex((other) => isDeepStrictEqual(one, other)) === index,
  );
}

/** A schema as the list of what it allows, each of one type and with what goes for all of them, such as a default. */
function alternativesOf(schema: JsonSchema): JsonSchema[] {
  for (const keyword of ["anyOf", "oneOf"]) {
    const { [keyword]: options, ...rest } = schema;
    if (Array.isArray(options)) return options.flatMap((one) => alternativesOf({ ...rest, ...one }));
  }
  const { type, ...rest } = schema;
  if (Array.isArray(type)) return type.map((one) => ({ ...rest, type: one }));
  return [schema];
}

/** Which alternative became which: those that are alike, then those of one type and with the same constant, in order. */
function pairsOf(old: JsonSchema[], new_: JsonSchema[]): [JsonSchema, JsonSchema][] {
  const left = [...new_];
  const alike: ((a: JsonSchema, b: JsonSchema) => boolean)[] = [
    (a, b) => isDeepStrictEqual(rulesOf(a), rulesOf(b)),
    (a, b) => a.type === b.type && constantsOf(a) === constantsOf(b),
    (a, b) => a.type === b.type,
  ];
  const pairs: [JsonSchema, JsonSchema][] = [];
  for (const isAlike of alike) {
    for (const a of old.filter((one) => !pairs.some(([paired]) => paired === one))) {
      const index = left.findIndex((b) => isAlike(a, b));
      if (index >= 0) pairs.push([a, ...left.splice(index, 1)] as [JsonSchema, JsonSchema]);
    }
  }
  return pairs;
}

/** The members that tell the alternatives of a union of objects apart. */
function constantsOf({ properties }: JsonSchema): string {
  return Object.entries((properties ?? {}) as Record<string, JsonSchema>)
    .filter(([, member]) => "const" in member)
    .map(([name, member]) => `${name}=${JSON.stringify(member.const)}`)
    .join();
}

function typeEffect(gone: JsonSchema[], added: JsonSchema[]) {
  const types = (list: JsonSchema[]) => list.map(({ type }) => type).join();
  const isOpen = (list: JsonSchema[]) => list.some(({ type }) => type === undefined);
  if (isOpen(gone) || (types(gone) === "number" && types(added) === "integer")) return narrowed;
  if (isOpen(added) || (types(gone) === "integer" && types(added) === "number")) return widened;
  return changed;
}

function changesOfOne(a: JsonSchema, b: JsonSchema, path: string): Change[] {
  return [
    ...keywordChanges(a, b, path),
    ...valueChanges(a, b, path),
    ...defaultChange(a, b, path),
    ...fieldChanges(a, b, path),
    ...nestedChange(a.items, b.items, `${path}[]`),
    ...otherFieldsChange(a.additionalProperties, b.additionalProperties, path),
  ];
}

function nestedChange(before: unknown, now: unknown, path: string): Change[] {
  if (isDeepStrictEqual(before, now)) return [];
  return changesOf((before ?? {}) as JsonSchema, (now ?? {}) as JsonSchema, path);
}

/** Whether fields that are not named may be there, and what they look like. */
function otherFieldsChange(before: unknown, now: unknown, path: string): Change[] {
  const [wasClosed, isClosed] = [before === false, now === false];
  if (wasClosed && isClosed) return [];
  if (isClosed) return [{ path, what: "fields that are not named are refused now", ...narrowed }];
  // Like a field that is added: readers leave out what they do not know.
  if (wasClosed) return [{ path, what: "fields that are not named are let through now", ...harmless }];
  const open = (schema: unknown) => (schema === true ? {} : schema);
  return nestedChange(open(before), open(now), `${path}.*`);
}

interface Fields {
  properties: Record<string, JsonSchema>;
  required: Set<string>;
}

function fieldsOf({ properties, required }: JsonSchema): Fields {
  return {
    properties: (properties ?? {}) as Record<string, JsonSchema>,
    required: new Set(required as string[] | undefined),
  };
}

function fieldChanges(a: JsonSchema, b: JsonSchema, path: string): Change[] {
  const [before, now] = [fieldsOf(a), fieldsOf(b)];
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const gone = Object.keys(before.properties).filter((name) => !(name in now.properties));
  const added = Object.keys(now.properties).filter((name) => !(name in before.properties));
  const renamed = new Map(gone.map((name) => [name, newNameOf(name, before, now, added)]));
  const newNames = new Set(renamed.values());
  return [
    ...gone.map((name) => {
      const newName = renamed.get(name);
      return { path: at(name), what: newName ? `was renamed to ${newName}` : "was removed", ...changed };
    }),
    ...added
      .filter((name) => !newNames.has(name))
      .map((name) =>
        now.required.has(name)
          ? { path: at(name), what: "was added, and is required", ...narrowed }
          : { path: at(name), what: "was added", ...harmless },
      ),
    ...Object.keys(before.properties)
      .filter((name) => name in now.properties)
      .flatMap((name) => [
        ...requiredChange(at(name), before.required.has(name), now.required.has(name)),
        ...changesOf(before.properties[name] ?? {}, now.properties[name] ?? {}, at(name)),
      ]),
  ];
}

function requiredChange(path: string, before: boolean, now: boolean): Change[] {
  if (before === now) return [];
  return now
    ? [{ path, what: "is required now", ...narrowed }]
    : [{ path, what: "may be absent now", ...widened }];
}

/** A field that came with the very rules of one that went is the same field under another name. */
function newNameOf(name: string, before: Fields, now: Fields, added: string[]): string | undefined {
  return added.find((other) =>
    isDeepStrictEqual(rulesOf(before.properties[name] ?? {}), rulesOf(now.properties[other] ?? {})),
  );
}

function textOf(schema: JsonSchema): string {
  const options = alternativesOf(schema);
  if (options.length > 1) return options.map(textOf).join(" | ");
  const values = valuesOf(schema);
  if (values) return values.map(said).join(" | ");
  return schema.format === undefined ? String(schema.type ?? "anything") : String(schema.format);
}
