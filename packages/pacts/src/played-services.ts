import type { Contract } from "@quartermaster/contracts";
import { headers, type NatsConnection } from "nats";

/** What a consumer asked. */
export interface PlayedAsk {
  subject: string;
  ask: unknown;
}

/** Services played on the wire by what pacts say of them. */
export interface PlayedServices {
  /** From now on this is answered to the message; a refusal is `{code, message, details}`. */
  answers(contract: Contract, body: unknown, refused: boolean): void;
  /** From now on the message gets no answer. */
  ignores(contract: Contract): void;
  /** What was asked and answered since this was called last. */
  asked(): PlayedAsk[];
}

/** Plays the providers of a consumer that runs on real servers: what nothing is said of gets no answer. */
export function playServices(nats: NatsConnection): PlayedServices {
  const replies = new Map<string, { body: unknown; refused: boolean }>();
  let asked: PlayedAsk[] = [];
  for (const subject of ["cmd.>", "qry.>"]) {
    nats.subscribe(subject, {
      callback: (error, msg) => {
        const said = replies.get(msg.subject);
        if (error || !said) return;
        asked.push({ subject: msg.subject, ask: JSON.parse(Buffer.from(msg.data).toString()) });
        const fields = headers();
        if (said.refused) {
          fields.set("Nats-Service-Error", (said.body as { code: string }).code);
          fields.set("Nats-Service-Error-Code", "1");
        }
        msg.respond(JSON.stringify(said.body), { headers: fields });
      },
    });
  }
  return {
    answers: ({ subject }, body, refused) => void replies.set(subject, { body, refused }),
    ignores: ({ subject }) => void replies.delete(subject),
    asked: () => {
      const all = asked;
      asked = [];
      return all;
    },
  };
}
