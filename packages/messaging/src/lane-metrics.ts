import { Gauge, type Registry } from "prom-client";
import type { Lane } from "./lane";
import type { Leadership } from "./leadership";

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

/** Shows which instance of a service has its work. */
export function watchLeadership(metrics: Registry, leadership: Leadership): void {
  new Gauge({
    name: "quartermaster_at_work",
    help: "1 in the instance that leads its service: it takes the commands, listens and publishes; 0 in those that stand by",
    registers: [metrics],
    collect() {
      this.set(leadership.isAtWork ? 1 : 0);
    },
  });
}
