import { opsSubject, type ServiceName } from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import { headers, type Service } from "nats";
import { errorCode } from "./endpoint";
import { header } from "./headers";

/** An operators' verb: takes the parsed body, answers what is shown. */
export type OpsVerb = (ask: unknown) => Promise<unknown>;

/** Serves `ops.<service>.<verb>` for the stock `nats` CLI: `nats req ops.orders.health ''`. */
export function serveOps(
  service: Service,
  parts: { service: ServiceName; log: Logger },
  verbs: Record<string, OpsVerb>,
): void {
  for (const [verb, run] of Object.entries(verbs)) {
    service.addEndpoint(`ops-${verb}`, {
      subject: opsSubject(parts.service, verb),
      queue: parts.service,
      handler: (error, msg) => {
        if (error) return;
        answer(run, msg.data).then(
          (body) => msg.respond(JSON.stringify(body)),
          (failure) => {
            parts.log.warn({ err: failure, verb }, "operators' request failed");
            const about = headers();
            about.set(
              header.error,
              failure instanceof Error ? failure.message.slice(0, 200).replace(/\s+/g, " ") : "failed",
            );
            about.set(header.errorCode, String(errorCode.refused));
            msg.respond("{}", { headers: about });
          },
        );
      },
    });
  }
}

async function answer(run: OpsVerb, data: Uint8Array): Promise<unknown> {
  const text = Buffer.from(data).toString("utf8").trim();
  return run(text === "" ? {} : JSON.parse(text));
}
