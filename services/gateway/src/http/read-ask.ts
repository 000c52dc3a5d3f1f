import type { Request } from "express";
import { fieldErrors } from "../rest/issues";
import { type Problem, problem } from "./problem";
import { isStorable } from "./read-body";
import { type Route, readParameter } from "./route";

/** The message's ask out of path, body or query string. Throws a 400, or a 404 for an id that cannot exist. */
export function readAsk(route: Route, request: Request, body: unknown): Record<string, unknown> {
  const ask: Record<string, unknown> = { ...route.options.fixed };
  for (const parameter of route.params) {
    const value = readParameter(parameter, String(request.params[parameter.name]));
    if (value === undefined) throw problem("no_such_path", "There is no record of that id.");
    ask[parameter.field] = value;
  }
  const [schema, input, whole] = route.body
    ? [route.body, body, "body"]
    : [route.query, queryOf(request.url), "query"];
  const parsed = schema?.safeParse(input);
  if (parsed && !parsed.success) throw invalid(fieldErrors(parsed.error, input, whole));
  return Object.assign(ask, parsed?.data);
}

function invalid(errors: { field: string; message: string }[]): Problem {
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return problem("invalid_input", `${errors[0]?.message ?? "The request is not valid."}${more}`, { errors });
}

/** The query string as plain texts. A parameter that stands there twice is ambiguous, and refused. */
function queryOf(url: string): Record<string, string> {
  const at = url.indexOf("?");
  const query: Record<string, string> = Object.create(null);
  if (at < 0) return query;
  for (const [name, value] of new URLSearchParams(url.slice(at + 1))) {
    if (name in query) throw invalid([{ field: name, message: `${name} is given more than once.` }]);
    if (!isStorable(value))
      throw invalid([{ field: name, message: `${name} contains a character that is not text.` }]);
    query[name] = value;
  }
  return query;
}

const entityTag = /[ \t]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,|$)/y;
const versionText = /^[1-9]\d{0,14}$/;
/** No record gets that far: a tag that is not one of ours can match nothing, and still has to be compared. */
const noVersion = Number.MAX_SAFE_INTEGER;

/**
 * The versions that `If-Match` asks for, at least one; undefined without the header or for `*`. A weak or foreign tag is
 * well-formed and matches nothing (RFC 9110, 13.1.1). Throws a 400 for what is no list of entity tags.
 */
export function readIfMatch(request: Request): number[] | undefined {
  const header = request.headers["if-match"]?.trim();
  if (header === undefined || header === "*") return undefined;
  const versions: number[] = [];
  entityTag.lastIndex = 0;
  for (let end = 0; end < header.length; end = entityTag.lastIndex) {
    const tag = entityTag.exec(header);
    if (!tag || (tag[0].endsWith(",") && entityTag.lastIndex === header.length)) throw noTags();
    if (!tag[1] && versionText.test(tag[2] ?? "")) versions.push(Number(tag[2]));
  }
  if (header === "") throw noTags();
  return versions.length > 0 ? versions : [noVersion];
}

function noTags(): Problem {
  const message = 'If-Match must be an ETag as it was answered, such as "3", a list of them, or *.';
  return problem("invalid_input", message, { errors: [{ field: "If-Match", message }] });
}

const waitDefaultS = 10;
const waitMaxS = 30;
const waitPreference = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i;

/** How long to wait for a saga, out of `Prefer: wait=N` (RFC 7240); N is capped at 30. */
export function readWait(request: Request): { waitMs: number; applied: string | undefined } {
  const header = request.headers.prefer;
  const asked = header === undefined ? undefined : waitPreference.exec(String(header))?.[1];
  if (asked === undefined) return { waitMs: waitDefaultS * 1_000, applied: undefined };
  const seconds = Math.min(Number(asked), waitMaxS);
  return { waitMs: seconds * 1_000, applied: `wait=${seconds}` };
}

const keyPattern = /^[\x21-\x7e]{1,200}$/;

/** The `Idempotency-Key`: 1 to 200 visible ASCII characters. Throws a 400. */
export function readIdempotencyKey(request: Request): string | undefined {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return undefined;
  if (typeof header === "string" && keyPattern.test(header)) return header;
  const message = "Idempotency-Key must be 1 to 200 visible ASCII characters without spaces.";
  throw problem("invalid_input", message, { errors: [{ field: "Idempotency-Key", message }] });
}
