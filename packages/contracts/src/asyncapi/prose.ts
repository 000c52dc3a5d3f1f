import type { ServiceName } from "../contract";
import type { JsonSchema } from "../json-schema";

export const about = `
Every message of Quartermaster on NATS. Bodies are JSON; what goes with a message travels in its headers.

**Commands** (\`cmd.\`) change something, **queries** (\`qry.\`) only read. Both are NATS request and reply: the reply is an answer, a
refusal (a business no, which is final) or a failure. A command's \`Nats-Msg-Id\` is its identity: after a timeout send the same command
under the same id, and it has one effect and gets one answer.

**Events** (\`evt.\`) say what happened, in the JetStream stream \`EVENTS\`. Each source numbers its events without a hole, so a reader
sees what it lacks. Delivery is at least once: remember the source, epoch and number of what you have taken.

A reader takes fields, refusal codes and messages that it does not know.
`.trim();

export const serviceTexts: Record<ServiceName, string> = {
  gateway: "The REST API.",
  identity: "Users, roles and tokens.",
  inventory: "Products, locations and stock.",
  orders: "Customers, orders and their sagas.",
  billing: "Invoices and credit notes.",
  audit: "Who did what, hash-chained.",
};

const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Replies that any request may get. */
export const failureMessages: Record<string, JsonSchema> = {
  accepted: {
    name: "accepted",
    title: "Accepted, not decided yet",
    summary:
      "The command is durable; a saga will settle it. Asked again under the same id, it is answered when it is settled.",
    headers: schema("acceptedHeaders"),
    payload: { type: "object" },
    examples: [{ headers: { "Qm-Outcome": "accepted" }, payload: {} }],
  },
  fault: {
    name: "fault",
    title: "A fault",
    summary: "It may succeed when tried again, under the same id; whether it was done is not said.",
    headers: schema("faultHeaders"),
    payload: { type: "object", properties: { fault: { type: "string" } }, required: ["fault"] },
    examples: [{ payload: { fault: "database" } }],
  },
  defect: {
    name: "defect",
    title: "A defect",
    summary:
      "A bug of the service. The message lies among its dead letters; sending it again would not help.",
    headers: schema("defectHeaders"),
    payload: { type: "object", properties: { defect: { type: "string" } }, required: ["defect"] },
    examples: [{ payload: { defect: "defect" } }],
  },
};
