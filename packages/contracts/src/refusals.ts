import { z } from "zod";

/**
 * Every business "no" that a service can give, with the sentence a person reads. A refusal is a value, not an
 * error: it is stored and repeated for the same command id. The gateway maps each to a status, and does not compile
 * while one is missing.
 */
export const refusals = {
  bad_request: "The message does not have the shape that its contract asks for.",
  forbidden: "This user may not do that.",
  unknown_product: "A product in the request does not exist.",
  unknown_customer: "The customer does not exist.",
  unknown_location: "The location does not exist.",
  unknown_role: "There is no role of that name.",
  not_found: "There is no such record.",
  insufficient_stock: "There is not enough stock for every line; nothing was reserved.",
  sku_taken: "Another product has this SKU.",
  code_taken: "Another location has this code.",
  use_adjustment: "Stock is changed by adjustments, entries and exits, never by editing the product.",
  version_conflict: "The record was changed by somebody else in the meantime; read it again.",
  email_taken: "This email is already registered.",
  username_taken: "This username is already taken.",
  document_taken: "Another customer has this document or email.",
  invalid_credentials: "Email or password is wrong.",
  invalid_refresh_token: "The refresh token is unknown, used or expired; log in again.",
  too_many_attempts: "Too many attempts; wait before trying again.",
  credit_limit_exceeded: "The invoice would pass the customer's credit limit.",
  customer_blocked: "The customer is blocked and may not order.",
  amount_too_large: "The order's total is larger than an invoice can hold.",
  transition_not_allowed: "The order's status does not allow this.",
  placing_cancelled: "The order was cancelled before it was placed.",
  fenced: "The order was released before; a late reservation or invoice for it is not accepted.",
  already_invoiced: "The invoice was issued before it could be cancelled.",
  message_too_old: "The command's id is older than the service remembers; send it with a new one.",
} as const satisfies Record<string, string>;

export type RefusalCode = keyof typeof refusals;

/** Machine-readable facts that go with a refusal, such as per line what is available. */
export type RefusalDetails = Record<string, unknown>;

/** What no contract lists, because it goes for all: the shape is wrong, or a command's id is older than is remembered. */
export type UniversalRefusal = "bad_request" | "message_too_old";

/**
 * The body of a refusal. `code` is any text here: a newer service may refuse for a reason that this version does not know,
 * and whoever asked has to read that too (docs/decisions/0081).
 */
export const RefusalBody = z.object({
  code: z.string().min(1).max(64),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
