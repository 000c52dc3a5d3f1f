import { setTimeout as wait } from "node:timers/promises";
import { check } from "../check";
import { claimRecovered, openUnderLoad } from "../load/under-load";
import { type NatsProxy, openProxy } from "../proxy/nats-proxy";
import type { Weather } from "../proxy/weather";

const storms: readonly Weather[] = [
  { dropped: 0, doubled: 0.3, delayed: 0, reordered: 0.1, delayMsMax: 1 },
  { dropped: 0.02, doubled: 0.05, delayed: 0.05, reordered: 0.05, delayMsMax: 500 },
  { dropped: 0.05, doubled: 0.05, delayed: 0.02, reordered: 0.02, delayMsMax: 4_000 },
];

export const messageChaos = check({
  name: "message-chaos",
  number: 4,
  about:
    "A proxy between the services and nats-server that duplicates, delays, drops and reorders single messages.",
  sizes: {
    reduced: { rounds: 1, stormMs: 7_000, clients: 8 },
    full: { rounds: 10, stormMs: 20_000, clients: 16 },
    hunt: { rounds: 1, stormMs: 4_000, clients: 8 },
  },
  run: async (ground) => {
    const { size, random, record, say } = ground;
    let proxy: NatsProxy | undefined;
    const natsThrough = async (port: number) => {
      proxy = await openProxy(port, random.fork("proxy"), record);
      return proxy.url;
    };
    const scene = await openUnderLoad(ground, {
      arena: { natsThrough },
      ...{
        clients: size.clients,
        cancelled: 0.3,
        thinkMs: 10,
        buyersCount: 4,
        stocked: [{ stock: 1_000_000 }],
      },
      settledFirst: 50,
    });
    const { load } = scene;
    for (let round = 0; round < size.rounds; round++) {
      for (const weather of storms) {
        await load.more(20);
        say(`${JSON.stringify(weather)}; ${load.settled} operations settled`);
        record.fault(
          "storm",
          `${weather.dropped} dropped, ${weather.doubled} doubled, ${weather.delayed} delayed`,
        );
        proxy?.weather(weather);
        await wait(size.stormMs);
        proxy?.weather(undefined);
        record.faultsOver();
      }
    }
    await claimRecovered(ground, scene);
    await proxy?.close();
  },
});
