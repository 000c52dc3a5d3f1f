import { type RefusalCode, type RefusalDetails, refusals } from "@quartermaster/contracts";
import type { FieldError } from "../rest/issues";
import { restField } from "../rest/names";
import { toRest } from "../rest/to-rest";
import { type OwnCode, ownProblems, refusalStatuses, type StatusOf } from "./refusal-statuses";

/** How long a client should stay away, in seconds, where nothing better is known. */
export const retryAfterS = 2;

interface Parts {
  code: string;
  status: number;
  title: string;
  detail: string;
  errors?: readonly unknown[];
  /** Extension members of RFC 9457, already in REST names. */
  more?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** An answer that is a problem (RFC 9457). Thrown or returned; it never shows a stack trace to a client. */
export class Problem extends Error {
  override name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(private readonly parts: Parts) {
    super(parts.detail);
    this.status = parts.status;
    this.code = parts.code;
    this.headers = parts.headers ?? {};
  }

  /** The body of `application/problem+json`. */
  body(requestId: string): Record<string, unknown> {
    const { code, status, title, detail, errors = [], more = {} } = this.parts;
    const type = `urn:quartermaster:problem:${code.replaceAll("_", "-")}`;
    const body: Record<string, unknown> = {
      type,
      title,
      status,
      detail,
      code,
      errors,
      request_id: requestId,
    };
    for (const key of Object.keys(more)) if (!(key in body)) body[key] = more[key];
    return body;
  }
}

/** One of the gateway's own problems, with a sentence that helps. */
export function problem(
  code: OwnCode,
  detail: string,
  rest: {
    errors?: readonly unknown[];
    more?: Record<string, unknown>;
    headers?: Record<string, string>;
  } = {},
): Problem {
  const found: StatusOf = ownProblems[code];
  const headers: Record<string, string> =
    found.status === 503 || found.status === 429 ? { "Retry-After": String(retryAfterS) } : {};
  return new Problem({ code, ...found, detail, ...rest, headers: { ...headers, ...rest.headers } });
}

interface Refusal {
  code: RefusalCode;
  message: string;
  details: RefusalDetails;
}

type Facts = Record<string, unknown>;

/** A service's refusal as a problem. Its details become extension members; per-line facts become `errors[]`. */
export function problemOfRefusal(refusal: Refusal, options: { ifMatch?: boolean } = {}): Problem {
  const { code } = refusal;
  // A service that is newer than this gateway may refuse with a code that it does not know.
  const found = refusalStatuses[code] ?? { status: 409, title: "Refused" };
  const failedMatch = code === "version_conflict" && options.ifMatch;
  const { lines, errors, field: key, hint: _, ...details } = refusal.details ?? {};
  const wrong = typeof key === "string" ? [fieldError(key, refusal)] : nobodyNamed(refusal);
  if (code === "bad_request" && wrong[0]) {
    return problem("invalid_input", wrong[0].message, { errors: wrong, more: toRest(details) as Facts });
  }
  return new Problem({
    code,
    title: failedMatch ? "Precondition failed" : found.title,
    status: failedMatch ? 412 : found.status,
    detail: wrong[0]?.message ?? sentenceOf(refusal),
    errors: [...wrong, ...errorsOf(lines ?? errors)],
    more: toRest(details) as Facts,
    headers: headersOf(found.status, details),
  });
}

// What services can tell only in their own words, and what to do about it is a matter of REST.
const fieldSentences: Record<string, string> = {
  after: "after must be the next of an earlier page of this list.",
  meter_rate: "meter_rate may be set by ADMIN and MANAGER only.",
  unit_cost: "unit_cost times stock_quantity is larger than can be counted.",
};

/** The field that a service refused, under its REST name. */
function fieldError(key: string, refusal: Refusal): FieldError {
  const field = restField(key).name;
  return { field, message: fieldSentences[field] ?? `${field}: ${sentenceOf(refusal)}` };
}

/** Staff who order for nobody are told how to name somebody. */
function nobodyNamed({ code, details }: Refusal): FieldError[] {
  if (code !== "unknown_customer" || details?.customerId !== null) return [];
  return [{ field: "customer_id", message: "customer_id is required: say whom the order is for." }];
}

function sentenceOf({ code, message }: Refusal): string {
  return message || refusals[code] || "The request was refused.";
}

function errorsOf(lines: unknown): unknown[] {
  return Array.isArray(lines) ? (toRest(lines) as unknown[]) : [];
}

function headersOf(status: number, details: RefusalDetails): Record<string, string> {
  if (status === 401) return { "WWW-Authenticate": 'Bearer realm="quartermaster"' };
  if (status !== 429) return {};
  const { retryAfterSeconds, retryAfterMs } = details;
  if (typeof retryAfterSeconds === "number")
    return { "Retry-After": String(Math.max(1, Math.ceil(retryAfterSeconds))) };
  if (typeof retryAfterMs === "number")
    return { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };
  return { "Retry-After": String(retryAfterS) };
}
