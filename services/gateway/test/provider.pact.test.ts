import { askerOver } from "@quartermaster/messaging";
import { testProvider } from "@quartermaster/pacts";
import { openPlatform } from "./support/platform";

/** The gateway answers no commands and queries over NATS; what it says is what operators do to it. */
testProvider("gateway", async () => {
  const platform = await openPlatform();
  return {
    service: "gateway",
    asker: askerOver(platform.world.tester),
    nats: platform.world.nats,
    operator: platform.world.operator,
    states: {},
    close: platform.close,
  };
});
