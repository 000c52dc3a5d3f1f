import type { JsonSchema } from "../json-schema";
import { errorCode, header } from "../wire";

const uuid = "0199f2c0-0000-7000-8000-0000000000aa";

const text = (description: string, ...examples: string[]): JsonSchema => ({
  type: "string",
  description,
  ...(examples.length > 0 ? { examples } : {}),
});

const whole = (description: string, ...examples: string[]): JsonSchema => ({
  ...text(description, ...examples),
  pattern: "^[0-9]+$",
});

const origin: Record<string, JsonSchema> = {
  [header.actor]: {
    ...text(
      "Who acts: JSON of {kind, id, name?, role?, customerId?, ip?} in ASCII. Without it the sender is anonymous.",
      '{"kind":"service","id":"web-shop"}',
    ),
    contentMediaType: "application/json",
  },
  [header.request]: text("Id of the request that all began with; it stands in logs and in the audit.", "r-1"),
  [header.causation]: text("Id of the message that caused this one.", uuid),
  [header.trace]: text("W3C trace context.", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
};

const objectOf = (properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
});

const failureNamed = (code: number): JsonSchema => ({
  type: "string",
  const: String(code),
  description: `${errorCode.refused} refused, ${errorCode.fault} fault, ${errorCode.defect} defect.`,
});

/** The headers of each kind of message, as JSON Schemas of an object with one member per header. */
export const headerSchemas = {
  commandHeaders: objectOf({
    [header.id]: text(
      "A v7 uuid in lower case, made by the sender: the command's identity. Sent again, it gets the first answer.",
      uuid,
    ),
    [header.waitMs]: whole(
      "How many milliseconds a command that a saga settles may wait before it is answered `accepted`; at most 30000.",
      "10000",
    ),
    ...origin,
  }),
  queryHeaders: objectOf(origin),
  refusalHeaders: objectOf(
    {
      [header.errorCode]: failureNamed(errorCode.refused),
      [header.error]: text("The refusal's code, as in the body.", "insufficient_stock"),
    },
    [header.errorCode, header.error],
  ),
  faultHeaders: objectOf(
    {
      [header.errorCode]: failureNamed(errorCode.fault),
      [header.error]: text("What kind of fault.", "database", "busy", "overloaded"),
    },
    [header.errorCode, header.error],
  ),
  defectHeaders: objectOf(
    {
      [header.errorCode]: failureNamed(errorCode.defect),
      [header.error]: text("Always `defect`.", "defect"),
    },
    [header.errorCode, header.error],
  ),
  acceptedHeaders: objectOf(
    { [header.outcome]: { type: "string", const: "accepted", description: "Durable, not decided yet." } },
    [header.outcome],
  ),
  eventHeaders: objectOf(
    {
      [header.id]: text("`<source>-<epoch>-<seq>`: the same event has the same id.", "orders-1-42"),
      [header.source]: text("The service that says it.", "orders"),
      [header.epoch]: whole(
        "Counts how often the source's numbers began anew, after a restored backup.",
        "1",
      ),
      [header.seq]: whole(
        "The source's own count: the next event has the next number, without a hole.",
        "42",
      ),
      [header.at]: {
        ...text("When it happened, in UTC.", "2026-05-01T00:00:00.000Z"),
        format: "date-time",
      },
      ...origin,
    },
    [header.id, header.source, header.epoch, header.seq, header.at, header.actor],
  ),
} as const satisfies Record<string, JsonSchema>;
