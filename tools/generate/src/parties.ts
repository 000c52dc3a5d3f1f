import { sourceFiles } from "@quartermaster/checks";
import * as contracts from "@quartermaster/contracts";
import { allContracts, type Contract, type ServiceName, serviceNames } from "@quartermaster/contracts";

const exportNames = new Map(Object.entries(contracts).map(([name, value]) => [value as unknown, name]));

/**
 * Who asks each request and who hears each event, read from the services' code: a service that names another's contract
 * asks or hears it. Orders' own sagas ask too.
 */
export function partiesOf(): Map<Contract, ServiceName[]> {
  const code = new Map(serviceNames.map((service) => [service, codeOf(service)]));
  const hearsAll = serviceNames.filter((service) => /\bonEvery\(/.test(code.get(service) ?? ""));
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

function codeOf(service: ServiceName): string {
  return sourceFiles()
    .filter(({ path, isTest }) => !isTest && path.startsWith(`services/${service}/src/`))
    .map(({ text }) => text)
    .join("\n");
}
