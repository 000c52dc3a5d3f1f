/**
 * Something that may well succeed when tried again: network, dead-lock, lost connection, nobody listening. It says
 * nothing about whether the thing was done. Everything else that is thrown is a defect.
 */
export class Fault extends Error {
  override name = "Fault";
  constructor(
    readonly kind:
      | "no-responders"
      | "timeout"
      | "disconnected"
      | "denied"
      | "database"
      | "overloaded"
      | "busy",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A message that failed by a bug of its receiver, who parked it. Sending it again unchanged would not help. */
export class Defect extends Error {
  override name = "Defect";
}
