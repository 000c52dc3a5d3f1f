import { sourceFiles } from "@quartermaster/checks";
import * as contracts from "@quartermaster/contracts";
import {
  allCommands,
  allContracts,
  allEvents,
  allQueries,
  type Contract,
  type ServiceName,
  serviceNames,
} from "@quartermaster/contracts";
import type { Parties } from "@quartermaster/messaging";

const exportNames = new Map(Object.entries(contracts).map(([name, value]) => [value as unknown, name]));

/**
 * Who asks each request and who hears each event, read from the services' code: a service that names another's contract
 * asks or hears it. Orders' own sagas ask too.
 */
export function partiesOf(): Map<Contract, ServiceName[]> {
  const code = new Map(serviceNames.map((service) => [service, codeOf(service)]));
  const hearsAll = serviceNames.filter((service) => hearsEvery(code.get(service) ?? ""));
  return new Map(
    allContracts.map((contract): [Contract, ServiceName[]] => {
      const named = new RegExp(`\\b${exportNames.get(contract)}\\b`);
      const others = serviceNames.filter(
        (service) => service !== contract.service && named.test(code.get(service) ?? ""),
      );
      if (contract.kind !== "event") return [contract, others];
      return [contract, serviceNames.filter((one) => others.includes(one) || hearsAll.includes(one))];
    }),
  );
}

/** The same from each service's side: what its NATS rights are made of. */
export function partiesByService(): Map<ServiceName, Parties> {
  const parties = partiesOf();
  const requests = [...allCommands, ...allQueries];
  return new Map(
    serviceNames.map((service): [ServiceName, Parties] => {
      const heard = allEvents.filter((event) => parties.get(event)?.includes(service));
      return [
        service,
        {
          serves: requests.filter((one) => one.service === service),
          asks: requests.filter((one) => parties.get(one)?.includes(service)),
          hears: hearsEvery(codeOf(service))
            ? "every"
            : serviceNames.filter((source) => heard.some((event) => event.service === source)),
        },
      ];
    }),
  );
}

function hearsEvery(code: string): boolean {
  return /\bonEvery\(/.test(code);
}

function codeOf(service: ServiceName): string {
  return sourceFiles()
    .filter(({ path, isTest }) => !isTest && path.startsWith(`services/${service}/src/`))
    .map(({ text }) => text)
    .join("\n");
}
