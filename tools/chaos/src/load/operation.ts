/** What a client wanted, and what it knows of it in the end. */
export interface Operation {
  /** In the order's notes, so that its effects are found again whatever was answered. */
  readonly label: string;
  readonly kind: "place" | "cancel";
  readonly productId: number;
  readonly quantity: number;
  /** The order to cancel; of a placing, the one that was answered. */
  orderId?: string;
  /** `unknown` also while it is under way, and for clients that never asked again. */
  outcome: "placed" | "refused" | "cancelled" | "unknown";
  /** The problem's code, of a refusal. */
  code?: string;
  tries: number;
  /** Its client asked once and went away. */
  abandoned?: boolean;
}

/** An answer that must not be: what was asked, and what came. */
export interface Surprise {
  readonly label: string;
  readonly says: string;
}

/** What an answer means to a client that knows the contract of the API. */
export type Meaning =
  | {
      readonly kind: "settled";
      readonly outcome: Operation["outcome"];
      readonly orderId?: string;
      readonly code?: string;
    }
  /** Accepted or not, it may be asked again under its key. */
  | { readonly kind: "later"; readonly retryAfterMs: number }
  | { readonly kind: "surprise"; readonly says: string };

const defaultRetryMs = 250;

/** Business refusals that an order may meet here; any other 4xx is the platform's mistake or the harness's. */
const refusalCodes = new Set([
  "insufficient_stock",
  "credit_limit_exceeded",
  "customer_blocked",
  "placing_cancelled",
  "amount_too_large",
  "invalid_transition",
]);

export function meaningOf(
  kind: Operation["kind"],
  { status, body, headers }: { status: number; body: unknown; headers: Readonly<Record<string, unknown>> },
): Meaning {
  const { id, code, status: state, order_id } = (body ?? {}) as Record<string, string>;
  if (status === 0 || status === 202 || status === 503 || status === 429) {
    const seconds = Number(headers["retry-after"]);
    return { kind: "later", retryAfterMs: seconds > 0 ? seconds * 1_000 : defaultRetryMs };
  }
  if (status === 201 && kind === "place")
    return { kind: "settled", outcome: "placed", ...(id && { orderId: id }) };
  if (status === 200 && kind === "cancel")
    return {
      kind: "settled",
      outcome: state === "CANCELLED" || state === "REJECTED" ? "cancelled" : "unknown",
    };
  if ((status === 400 || status === 409) && code && refusalCodes.has(code))
    return { kind: "settled", outcome: "refused", code, ...(order_id && { orderId: order_id }) };
  return { kind: "surprise", says: `${status} ${JSON.stringify(body).slice(0, 300)}` };
}
