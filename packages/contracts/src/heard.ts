import type { Actor } from "./actor";
import type { EventBody } from "./contract";

/** What travels with every message: who acts, and which request and message led to it. */
export interface Meta {
  readonly actor: Actor;
  readonly requestId: string | null;
  /** Id of the message that caused this one. */
  readonly causation: string | null;
  /** W3C trace context. */
  readonly traceparent: string | null;
}

/** An event that arrived. `source`, `epoch` and `seq` number it without a hole. */
export interface Heard<Fields = unknown> {
  readonly source: string;
  readonly epoch: number;
  readonly seq: number;
  /** The contract's name, for instance `orders.order-placed.v1`. */
  readonly name: string;
  readonly at: string;
  readonly meta: Meta;
  readonly body: EventBody<Fields>;
}
