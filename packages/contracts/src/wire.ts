/** Header names of messages on NATS. */
export const header = {
  id: "Nats-Msg-Id",
  trace: "traceparent",
  actor: "Qm-Actor",
  causation: "Qm-Causation",
  request: "Qm-Request-Id",
  waitMs: "Qm-Wait-Ms",
  outcome: "Qm-Outcome",
  seq: "Qm-Source-Seq",
  epoch: "Qm-Epoch",
  source: "Qm-Source",
  at: "Qm-Time",
  error: "Nats-Service-Error",
  errorCode: "Nats-Service-Error-Code",
} as const;

/** `Nats-Service-Error-Code`, so that a caller can tell without reading the body what kind of failure it was. */
export const errorCode = { refused: 1, fault: 2, defect: 3 } as const;
