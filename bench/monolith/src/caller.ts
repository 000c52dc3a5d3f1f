/** Who a token says its bearer is. */
export interface Bearer {
  readonly userId: string;
  readonly name: string;
  readonly role: string;
  readonly customerId: string;
}

/** Who acts, and where it comes from, as the audit records it. */
export interface Caller extends Bearer {
  readonly ip: string | null;
  readonly requestId: string;
}
