import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, startStack } from "@quartermaster/stack";
import { connect, type NatsConnection } from "nats";
import { type Buyer, type Journey, openJourney } from "./journey";

/** A stack of its own with two instances each of orders, inventory and billing, and an operator at its NATS. */
export interface TwoOfEach {
  readonly stack: Stack;
  readonly journey: Journey;
  readonly buyer: Buyer;
  readonly operator: NatsConnection;
  close(): Promise<void>;
}

/** `report` hears what the stack says of its processes. */
export async function openTwoOfEach(report: (line: string) => void = () => undefined): Promise<TwoOfEach> {
  const dataDir = await mkdtemp(join(tmpdir(), "quartermaster-two-"));
  const stack = await startStack({
    ...{ dataDir, report, durable: false, env: { LOG_LEVEL: "warn" }, operators: ["ada"] },
    instances: { orders: 2, inventory: 2, billing: 2 },
  });
  const journey = await openJourney({ gatewayUrl: stack.gatewayUrl, databaseUrl: stack.adminDatabaseUrl });
  const buyer = await journey.newBuyer();
  const login = stack.natsLogin("ada");
  const operator = await connect({
    servers: stack.natsUrl,
    user: login?.user ?? "",
    pass: login?.password ?? "",
  });
  return {
    ...{ stack, journey, buyer, operator },
    close: async () => {
      await operator.close();
      await journey.close();
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
