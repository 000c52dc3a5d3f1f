import type { Contract } from "@quartermaster/contracts";
import { headers, type Msg, type NatsConnection } from "nats";

/** What a consumer asked. */
export interface PlayedAsk {
  subject: string;
  ask: unknown;
}

/** Services played on the wire by what pacts say of them. */
export interface PlayedServices {
  /** From now on this is answered to the message; a refusal is `{code, message, details}`. */
  answers(contract: Contract, body: unknown, refused: boolean): void;
  /** From now on the message is answered only once there is something to answer it with again. */
  holds(contract: Contract): void;
  /** What was asked and answered since this was called last. */
  asked(): PlayedAsk[];
}

/** Plays the providers of a consumer that runs on real servers: what nothing is said of gets no answer. */
export function playServices(nats: NatsConnection): PlayedServices {
  const replies = new Map<string, Reply>();
  const held = new Map<string, Msg[]>();
  let asked: PlayedAsk[] = [];
  for (const subject of ["cmd.>", "qry.>"]) {
    nats.subscribe(subject, {
      callback: (error, msg) => {
        if (error) return;
        const reply = replies.get(msg.subject);
        held.get(msg.subject)?.push(msg);
        if (!reply) return;
        asked.push({ subject: msg.subject, ask: JSON.parse(Buffer.from(msg.data).toString()) });
        respond(msg, reply);
      },
    });
  }
  return {
    answers: ({ subject }, body, refused) => {
      const reply = { body, refused };
      replies.set(subject, reply);
      for (const msg of held.get(subject) ?? []) respond(msg, reply);
      held.delete(subject);
    },
    holds: ({ subject }) => {
      replies.delete(subject);
      held.set(subject, []);
    },
    asked: () => {
      const all = asked;
      asked = [];
      return all;
    },
  };
}

interface Reply {
  readonly body: unknown;
  readonly refused: boolean;
}

function respond(msg: Msg, { body, refused }: Reply): void {
  const fields = headers();
  if (refused) {
    fields.set("Nats-Service-Error", (body as { code: string }).code);
    fields.set("Nats-Service-Error-Code", "1");
  }
  msg.respond(JSON.stringify(body), { headers: fields });
}
