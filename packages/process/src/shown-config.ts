import { z } from "zod";

const hidden = z.registry<{ hides: "all" | "url" }>();
const mask = "[secret]";

/** Declares a variable that is never shown. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  hidden.add(schema, { hides: "all" });
  return schema;
}

/** Declares an address, or several separated by commas, that may hold a password: it is shown without. */
export function secretInUrl<Schema extends z.ZodType>(schema: Schema): Schema {
  hidden.add(schema, { hides: "url" });
  return schema;
}

/**
 * A configuration as people may see it. Only variables of the schema are shown; what is declared as a secret is masked, and
 * whether it is set can be seen. Unset ones are null.
 */
export function shownConfig(
  schema: z.ZodObject,
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const names = Object.keys(schema.shape).sort();
  return Object.fromEntries(names.map((name) => [name, shown(hidesOf(schema.shape[name]), config[name])]));
}

function shown(hides: "all" | "url" | undefined, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (hides === undefined) return value;
  return hides === "url" && typeof value === "string" ? withoutPasswords(value) : mask;
}

/** The declaration may lie below `optional`, `default` and their like. */
function hidesOf(schema: unknown): "all" | "url" | undefined {
  for (let one = schema; one instanceof z.ZodType; one = innerOf(one)) {
    const found = hidden.get(one);
    if (found) return found.hides;
  }
  return undefined;
}

function innerOf(schema: z.ZodType): unknown {
  const { innerType, in: start } = schema._zod.def as { innerType?: unknown; in?: unknown };
  return innerType ?? start;
}

// A password with a comma in it makes parts that are no addresses: then none of them is shown.
function withoutPasswords(addresses: string): string {
  const parts = addresses.split(",").map(withoutPassword);
  return parts.includes(undefined) ? mask : parts.join(",");
}

function withoutPassword(address: string): string | undefined {
  if (/^[A-Za-z0-9.-]+(:\d+)?$/.test(address)) return address;
  if (!address.includes("://") || !URL.canParse(address)) return undefined;
  const { protocol, username, password, host, pathname, search } = new URL(address);
  // NATS takes a user without a password for a token.
  const who = password ? `${username}:${mask}@` : username ? `${mask}@` : "";
  return `${protocol}//${who}${host}${pathname}${search ? `?${mask}` : ""}`;
}
