import { errorCode, header, opsSubject, type ServiceName } from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import type { Service, ServiceMsg } from "nats";
import { headerLines } from "./headers";

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
        answer(run, msg.data)
          .then((body) => void msg.respond(JSON.stringify(body)))
          .catch((failure) => respondFailure(msg, verb, failure, parts.log));
      },
    });
  }
}

async function answer(run: OpsVerb, data: Uint8Array): Promise<unknown> {
  const text = Buffer.from(data).toString("utf8").trim();
  return run(text === "" ? {} : JSON.parse(text));
}

// A failure that cannot even be sent leaves the operator with a time-out, never the service with an unhandled rejection.
function respondFailure(msg: ServiceMsg, verb: string, failure: unknown, log: Logger): void {
  log.warn({ err: failure, verb }, "operators' request failed");
  const why = failure instanceof Error ? failure.message : "failed";
  const about = {
    [header.error]: why.slice(0, 200).replace(/[^\x20-\x7e]+/g, " "),
    [header.errorCode]: String(errorCode.refused),
  };
  try {
    msg.respond("{}", { headers: headerLines(about) });
  } catch (error) {
    log.warn({ err: error, verb }, "operators' request could not be answered");
  }
}
