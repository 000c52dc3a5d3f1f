import type { ServiceName } from "@quartermaster/contracts";
import type { Msg, NatsConnection } from "nats";

export interface SeenEvent {
  readonly body: unknown;
  readonly headers: Record<string, string>;
}

/** The events of one service as they pass by on their way into the stream. */
export interface EventLog {
  /** From now on only later events count. */
  forget(): void;
  /** The first event on the subject; waits for it a while. */
  first(subject: string): Promise<SeenEvent>;
  stop(): void;
}

const withinMs = 10_000;

export function listenTo(nats: NatsConnection, service: ServiceName): EventLog {
  let seen: Msg[] = [];
  let arrived = () => {};
  const subscription = nats.subscribe(`evt.${service}.>`, {
    callback: (error, msg) => {
      if (error) return;
      seen.push(msg);
      arrived();
    },
  });
  return {
    forget: () => {
      seen = [];
    },
    first: (subject) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const others = [...new Set(seen.map((one) => one.subject))].join(", ") || "nothing";
          reject(new Error(`its states did not make ${service} say ${subject}; it said ${others}`));
        }, withinMs);
        arrived = () => {
          const msg = seen.find((one) => one.subject === subject);
          if (!msg) return;
          clearTimeout(timer);
          resolve(seenOf(msg));
        };
        arrived();
      }),
    stop: () => subscription.unsubscribe(),
  };
}

function seenOf({ data, headers }: Msg): SeenEvent {
  const names = headers?.keys() ?? [];
  return {
    body: JSON.parse(Buffer.from(data).toString()),
    headers: Object.fromEntries(names.map((name) => [name, headers?.get(name) ?? ""])),
  };
}
