import { type ServiceName, serviceNames } from "@quartermaster/servers";

/** The first instance is called like its service, the others `orders-2` and so on: as process, in logs and in `run`. */
export type InstanceName = ServiceName | `${ServiceName}-${number}`;

export interface Instance {
  name: InstanceName;
  service: ServiceName;
  number: number;
}

/** More are no use on one machine: they share its cores. */
const instancesMax = 8;

/** How many of each; one where nothing is said. */
export function instancesOf(
  services: readonly ServiceName[],
  counts: Partial<Record<ServiceName, number>> = {},
): Instance[] {
  return services.flatMap((service) =>
    Array.from({ length: counts[service] ?? 1 }, (_, n): Instance => {
      const number = n + 1;
      return { name: number === 1 ? service : `${service}-${number}`, service, number };
    }),
  );
}

/** `INSTANCES=orders=2,billing=3`. Throws with a sentence. */
export function readInstances(text: string): Partial<Record<ServiceName, number>> {
  const counts = text.split(",").map((part) => {
    const [name = "", count = ""] = part.trim().split("=");
    const service = serviceNames.find((one) => one === name);
    const number = Number(count);
    const isFine = service !== undefined && Number.isInteger(number) && number >= 1 && number <= instancesMax;
    if (!isFine)
      throw new Error(`INSTANCES is "${text}": it looks like orders=2,billing=2, up to ${instancesMax}.`);
    // Two gateways need two ports and somebody who spreads clients over them.
    if (service === "gateway" && number > 1) throw new Error("INSTANCES: a stack has one gateway.");
    return [service, number] as const;
  });
  return Object.fromEntries(counts);
}
