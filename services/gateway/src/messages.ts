import type { Handler } from "@quartermaster/messaging";

/** What the gateway hears: nothing yet. It asks, and answers over HTTP only. */
export const messages: readonly Handler[] = [];
