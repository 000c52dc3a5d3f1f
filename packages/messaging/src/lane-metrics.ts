import { Gauge, type Registry } from "prom-client";
import type { Lane } from "./lane";

/** Shows how many items wait in each lane. Lanes that are opened later appear too. */
export function watchLanes(metrics: Registry, lanes: readonly Lane<never, unknown>[]): void {
  new Gauge({
    name: "quartermaster_lane_waiting",
    help: "Items that wait for the next batch of a lane",
    labelNames: ["lane"],
    registers: [metrics],
    collect() {
      for (const lane of lanes) this.set({ lane: lane.name }, lane.waitingCount);
    },
  });
}
