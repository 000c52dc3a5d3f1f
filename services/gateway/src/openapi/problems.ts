import { type RefusalCode, refusals } from "@quartermaster/contracts";
import { ownProblems, refusalStatuses } from "../http/refusal-statuses";
import type { Route } from "../http/route";
import type { JsonSchema } from "./json-schema";

const requestId = "019a2b3c-0000-7000-8000-0000000000aa";

/** The body of every error (RFC 9457). */
export const problemSchema: JsonSchema = {
  type: "object",
  description: "A problem (RFC 9457). Some codes add members of their own, such as order_id.",
  required: ["type", "title", "status", "detail", "code", "errors", "request_id"],
  properties: {
    type: {
      type: "string",
      description: "A URN of the code.",
      examples: ["urn:quartermaster:problem:insufficient-stock"],
    },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string", description: "A sentence for people." },
    code: {
      type: "string",
      description: "For programs; it does not change.",
      examples: ["insufficient_stock"],
    },
    errors: {
      type: "array",
      description: "Where the input is wrong, or per line what stands in the way.",
      items: {
        type: "object",
        properties: { field: { type: "string" }, message: { type: "string" } },
        additionalProperties: true,
      },
    },
    request_id: { type: "string", description: "Also in the header X-Request-Id." },
  },
  additionalProperties: true,
};

interface OneProblem {
  code: string;
  status: number;
  title: string;
  detail: string;
  more?: JsonSchema;
}

const own = (code: keyof typeof ownProblems, detail: string, more?: JsonSchema): OneProblem => ({
  code,
  ...ownProblems[code],
  detail,
  more,
});

/** The error responses of a route: its contract's refusals and what the gateway itself may answer. */
export function problemResponses(route: Route): Record<string, JsonSchema> {
  const byStatus = new Map<number, OneProblem[]>();
  for (const one of [...ownOf(route), ...refusedBy(route)]) {
    byStatus.set(one.status, [...(byStatus.get(one.status) ?? []), one]);
  }
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, list]) => [String(status), response(list)]),
  );
}

function refusedBy({ contract, options }: Route): OneProblem[] {
  return contract.refusals.flatMap((code: RefusalCode) => {
    const refused: OneProblem = {
      code,
      ...refusalStatuses[code],
      detail: refusals[code],
      more: detailsOf[code],
    };
    if (code !== "version_conflict" || !options.ifMatch) return [refused];
    return [refused, { ...refused, status: 412, title: "Precondition failed" }];
  });
}

const detailsOf: Partial<Record<RefusalCode, JsonSchema>> = {
  insufficient_stock: {
    order_id: "019a2b3c-0000-7000-8000-000000000003",
    errors: [{ product_id: 1, requested: 6, available: 2 }],
  },
};

function ownOf(route: Route): OneProblem[] {
  const { body, contract, keyed, options, params, query } = route;
  const known: OneProblem[] = [];
  if (body || query) {
    const message = body ? "notes must be a text." : "limit must be at most 200.";
    known.push(own("invalid_input", message, { errors: [{ field: body ? "notes" : "limit", message }] }));
  }
  if (body) {
    known.push(own("malformed_json", "The body is not valid JSON."));
    known.push(own("request_timeout", "The request did not arrive in time."));
    known.push(own("body_too_large", "The body is larger than 100000 bytes."));
    known.push(own("unsupported_media_type", "The body must be sent as Content-Type: application/json."));
  }
  if (options.may !== "public")
    known.push(own("invalid_token", "The access token has expired; refresh it or log in again."));
  if (options.may.includes(":")) {
    const detail = `The role VIEWER lacks the permission ${options.may} that ${route.name} needs.`;
    known.push(own("no_permission", detail));
  }
  if (params.length > 0) known.push(own("no_such_path", "There is no record of that id."));
  if (keyed)
    known.push(
      own(
        "idempotency_key_reused",
        "This Idempotency-Key was used with another request within the last day.",
      ),
    );
  known.push(own("too_many_requests", "Too many requests; wait 12 s."));
  known.push(own("internal_error", "This is our fault. It was logged under the request id."));
  known.push(
    own("service_unavailable", "A service that this needs is away; nothing was accepted. Try again shortly."),
  );
  if (contract.kind === "command")
    known.push(own("outcome_unknown", "It was asked for, and whether it was done is not known."));
  return known;
}

function response(list: OneProblem[]): JsonSchema {
  const examples = Object.fromEntries(
    list.map(({ code, status, title, detail, more }) => {
      const type = `urn:quartermaster:problem:${code.replaceAll("_", "-")}`;
      return [
        code,
        {
          summary: title,
          value: { type, title, status, detail, code, errors: [], request_id: requestId, ...more },
        },
      ];
    }),
  );
  const status = list[0]?.status;
  const retry =
    status === 429 || status === 503 ? { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } : {};
  return {
    description: list.map(({ code, detail }) => `\`${code}\`: ${detail}`).join("\n\n"),
    headers: { "X-Request-Id": { $ref: "#/components/headers/RequestId" }, ...retry },
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" }, examples } },
  };
}
