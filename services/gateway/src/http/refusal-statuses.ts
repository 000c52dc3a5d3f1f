import type { RefusalCode } from "@quartermaster/contracts";

export interface StatusOf {
  readonly status: number;
  readonly title: string;
}

/**
 * What each business "no" is in HTTP (DOMAIN.md, Conventions). A refusal that contracts declares and this table lacks does
 * not compile.
 */
export const refusalStatuses: Record<RefusalCode, StatusOf> = {
  bad_request: { status: 400, title: "Invalid input" },
  unknown_product: { status: 400, title: "Unknown product" },
  unknown_customer: { status: 400, title: "Unknown customer" },
  unknown_location: { status: 400, title: "Unknown location" },
  unknown_role: { status: 400, title: "Unknown role" },
  insufficient_stock: { status: 400, title: "Insufficient stock" },
  use_adjustment: { status: 400, title: "Stock is not edited here" },
  amount_too_large: { status: 400, title: "Amount too large" },
  invalid_credentials: { status: 401, title: "Wrong credentials" },
  invalid_refresh_token: { status: 401, title: "Invalid refresh token" },
  forbidden: { status: 403, title: "Forbidden" },
  not_found: { status: 404, title: "Not found" },
  sku_taken: { status: 409, title: "SKU taken" },
  code_taken: { status: 409, title: "Location code taken" },
  email_taken: { status: 409, title: "Email taken" },
  username_taken: { status: 409, title: "Username taken" },
  document_taken: { status: 409, title: "Document or email taken" },
  // 412 instead when the request came with If-Match: see problemOfRefusal.
  version_conflict: { status: 409, title: "Version conflict" },
  credit_limit_exceeded: { status: 409, title: "Credit limit exceeded" },
  customer_blocked: { status: 409, title: "Customer blocked" },
  transition_not_allowed: { status: 409, title: "Transition not allowed" },
  placing_cancelled: { status: 409, title: "Order cancelled while placing" },
  fenced: { status: 409, title: "Order already released" },
  already_invoiced: { status: 409, title: "Already invoiced" },
  message_too_old: { status: 409, title: "Request too old" },
  too_many_attempts: { status: 429, title: "Too many attempts" },
};

/** The gateway's own problems, which no service answers. */
export const ownProblems = {
  invalid_input: { status: 400, title: "Invalid input" },
  malformed_json: { status: 400, title: "Malformed JSON" },
  malformed_request: { status: 400, title: "Malformed request" },
  not_authenticated: { status: 401, title: "Not logged in" },
  invalid_token: { status: 401, title: "Invalid access token" },
  no_permission: { status: 403, title: "Forbidden" },
  no_such_path: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  request_timeout: { status: 408, title: "Request timeout" },
  body_too_large: { status: 413, title: "Body too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  idempotency_key_reused: { status: 422, title: "Idempotency key reused" },
  too_many_requests: { status: 429, title: "Too many requests" },
  internal_error: { status: 500, title: "Internal error" },
  service_unavailable: { status: 503, title: "Service unavailable" },
  overloaded: { status: 503, title: "Overloaded" },
  outcome_unknown: { status: 503, title: "Outcome unknown" },
} as const satisfies Record<string, StatusOf>;

export type OwnCode = keyof typeof ownProblems;
