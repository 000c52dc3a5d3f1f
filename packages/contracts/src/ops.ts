import { z } from "zod";
import { VerifyAudit } from "./audit";
import { Id, Page, ProductId, pageOf, Time } from "./fields";
import { act, type OpsContract, show } from "./ops-contract";

/** Postgres integers: epochs are such columns. */
const Epoch = z.int().min(1).max(2_147_483_647);
const Seq = z.int().min(0);
const Service = z.string().max(20);
const Instance = z.string().max(40);

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const LogLevel = z.enum(logLevels);

export const Health = show("health", {
  about:
    "How an instance is: its database, what it has said and published, and up to where it has heard others.",
  ask: {},
  answer: z.object({
    service: Service,
    instance: Instance,
    version: z.string(),
    /** False while its database does not answer: then the numbers below are missing. */
    ready: z.boolean(),
    uptimeSeconds: z.int().min(0),
    /** Whether it takes its service's commands; the other instances answer queries and stand by. */
    atWork: z.boolean(),
    logLevel: LogLevel,
    openDeadLetters: z.int().min(0).optional(),
    /** The last event that is committed, and the last one that is in the stream. */
    events: z.object({ epoch: Epoch, said: Seq, published: Seq }).optional(),
    /** Per source, up to which number everything has been heard. */
    heard: z.array(z.object({ source: Service, epoch: Epoch, upTo: Seq })).optional(),
  }),
  instances: "named",
});

export const ShowConfig = show("config", {
  about: "The configuration of an instance as it was parsed; secrets are masked.",
  ask: {},
  answer: z.object({
    service: Service,
    instance: Instance,
    values: z.record(z.string(), z.unknown()),
  }),
  instances: "named",
});

export const SetLogLevel = act("log-level", {
  about:
    "Sets the log level without a restart, of one instance or of all; after forSeconds it is the configured one again.",
  ask: { level: LogLevel, forSeconds: z.int().min(1).max(86_400).optional() },
  answer: z.object({
    service: Service,
    instance: Instance,
    level: LogLevel,
    before: LogLevel,
    /** When it goes back to the configured level; null when it stays. */
    until: Time.nullable(),
  }),
  instances: "each",
});

export const Drain = act("drain", {
  about: "An instance takes nothing new, finishes and answers what it holds, and ends with exit code 0.",
  ask: {},
  answer: z.object({ service: Service, instance: Instance, draining: z.literal(true) }),
  instances: "named",
});

export const letterStates = ["open", "requeued", "discarded"] as const;
const LetterState = z.enum(letterStates);

export const DeadLetterRow = z.object({
  id: Id,
  kind: z.enum(["command", "event"]),
  subject: z.string(),
  state: LetterState,
  /** Why it failed; its first line in a list, all of it when the letter is asked for by its id. */
  reason: z.string(),
  /** How often it came and failed. */
  times: z.int().min(1),
  parkedAt: Time,
  headers: z.record(z.string(), z.string()),
  /** JSON where it is JSON; text, cut to 500 characters, where it is not or is longer than a list should be. */
  body: z.unknown(),
  decidedAt: Time.nullable(),
  decidedBy: z.string().nullable(),
  decision: z.string().nullable(),
});

export const ListDeadLetters = show("dead-letters", {
  about: "Messages that can never succeed, with the reason, the newest first; by id, one of them whole.",
  ask: {
    ...Page.shape,
    id: Id.optional(),
    state: LetterState.default("open"),
    /** A subject, for instance cmd.billing.issue-invoice.v1. */
    subject: z.string().min(1).max(120).optional(),
    since: Time.optional(),
  },
  answer: pageOf(DeadLetterRow),
});

export const Requeue = act("requeue", {
  about:
    "Processes a dead letter, once, as if it came now. When it fails again it stays, with the new reason.",
  ask: { id: Id },
  answer: z.object({
    id: Id,
    /** `accepted`: a saga has begun. `refused`: a business no, given as an answer. */
    outcome: z.enum(["done", "refused", "accepted"]),
    /** What the sender of a command is answered from now on; null for an event, or while a saga works. */
    reply: z.unknown(),
    /** How many events it caused. */
    said: z.int().min(0),
  }),
});

export const Discard = act("discard", {
  about: "Closes a dead letter that will not be processed; it stays in the list of discarded ones.",
  ask: { id: Id },
  answer: z.object({ id: Id, state: z.literal("discarded") }),
});

/** An event as its source keeps it; `meta` and `body` are JSON texts. */
const KeptEvent = z.object({
  epoch: Epoch,
  seq: Seq,
  at: Time,
  subject: z.string(),
  meta: z.string(),
  body: z.string(),
});

export const Replay = show("replay", {
  about:
    "Events by their numbers, from the source's own store, as far as one answer holds. Services ask it for holes.",
  ask: { epoch: Epoch, from: z.int().min(1), to: z.int().min(1) },
  answer: z.object({ events: z.array(KeptEvent) }),
  forServices: true,
});

export const SagaRow = z.object({
  id: Id,
  saga: z.string(),
  orderId: Id,
  /** STUCK: no answer after many attempts. Else FORWARD, FENCING, BACK, DONE or UNDONE. */
  state: z.enum(["STUCK", "FORWARD", "FENCING", "BACK", "DONE", "UNDONE"]),
  phase: z.enum(["FORWARD", "FENCING", "BACK", "DONE", "UNDONE"]),
  /** What it waits for: the message asked, and which of its step's messages that is. Null once it has ended. */
  step: z.object({ call: z.enum(["do", "undo", "fence"]), message: z.string() }).nullable(),
  attempts: z.int().min(0),
  createdAt: Time,
  /** When the awaited message was asked first, and last. */
  since: Time.nullable(),
  askedAt: Time.nullable(),
  /** When it is looked at again. */
  dueAt: Time.nullable(),
  /** Why it turned back, if it did. */
  reason: z.object({ code: z.string(), detail: z.string().optional() }).nullable(),
  /** What became of the last attempt that was not answered. */
  failure: z.string().nullable(),
  /** Commands that wait for its end beside the one that began it. */
  waiting: z.int().min(0),
});

export const ListSagas = show("sagas", {
  of: ["orders"],
  about: "Sagas that have not ended, the oldest first; of one order, also those that have.",
  ask: {
    ...Page.shape,
    /** `stuck`: no answer after ten attempts, some two minutes. */
    state: z.enum(["unfinished", "stuck"]).default("unfinished"),
    orderId: Id.optional(),
    olderThanSeconds: z.coerce.number().int().min(0).max(31_536_000).optional(),
  },
  answer: pageOf(SagaRow),
});

export const RetrySaga = act("retry-saga", {
  of: ["orders"],
  about:
    "Asks a saga's awaited message again now; with anew, under a new id, for a receiver that refuses the old one as too old.",
  ask: { id: Id, anew: z.boolean().default(false) },
  answer: SagaRow,
});

export const ResolveSaga = act("resolve-saga", {
  of: ["orders"],
  about:
    "Decides a saga: `cancel` fences what is in doubt and undoes the rest; `done` takes the awaited undo or step as done by hand, once it is stuck, where nothing is in doubt and no document is made.",
  ask: {
    id: Id,
    as: z.enum(["cancel", "done"]),
    /** For `done`: what the awaited message would have answered. Only the fields of its contract are used and recorded. */
    answer: z.record(z.string(), z.unknown()).optional(),
  },
  answer: SagaRow,
});

export const VerifyTrail = show("verify", {
  of: ["audit"],
  about: "Recomputes the audit chain and counts each source's numbers.",
  ask: {},
  answer: VerifyAudit.answer,
});

const Difference = z.object({
  what: z.string(),
  productId: ProductId.nullable(),
  /** Of the location, batch, movement or order. */
  id: z.string(),
  kept: z.int().nullable(),
  recomputed: z.int().nullable(),
});

export const ProveStock = show("prove", {
  of: ["inventory"],
  about:
    "Recomputes every level and batch from the movements and reservations, and answers `equal` or what differs.",
  ask: { limit: z.coerce.number().int().min(1).max(200).default(50) },
  answer: z.object({
    equal: z.boolean(),
    levels: z.int().min(0),
    movements: z.int().min(0),
    heldLines: z.int().min(0),
    /** As many as were asked for. */
    differences: z.array(Difference),
  }),
});

/** Every verb of the console. */
export const allOps: readonly OpsContract[] = [
  Health,
  ShowConfig,
  SetLogLevel,
  Drain,
  ListDeadLetters,
  Requeue,
  Discard,
  Replay,
  ListSagas,
  RetrySaga,
  ResolveSaga,
  VerifyTrail,
  ProveStock,
];
