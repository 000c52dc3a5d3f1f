import * as contracts from "@quartermaster/contracts";
import { allContracts, type Contract } from "@quartermaster/contracts";
import { sourceFiles } from "./source-files";

const sources = sourceFiles().filter(({ path, isTest }) => !isTest && /^services\/[a-z]+\/src\//.test(path));
const exportNames = new Map(Object.entries(contracts).map(([name, value]) => [value as unknown, name]));

/** Whether a file of these names the contract's export. */
function isNamed(contract: Contract, inFile: (path: string) => boolean): boolean {
  const name = new RegExp(`\\b${exportNames.get(contract)}\\b`);
  return sources.some(({ path, text }) => inFile(path) && name.test(text));
}

/** Declared with its handler before its asker: shipping an order will consume what was reserved for it. */
const askedLater = new Set(["inventory.consume-stock.v1"]);

const named = (list: readonly Contract[]) => list.map(({ name }) => name);

test("every message is exported, and named once", () => {
  expect(named(allContracts.filter((contract) => !exportNames.has(contract)))).toEqual([]);
  expect(new Set(named(allContracts)).size).toBe(allContracts.length);
});

test("every message says in a sentence what it is about", () => {
  expect(named(allContracts.filter(({ about }) => !/^\S.{10,}$/s.test(about)))).toEqual([]);
});

test("every request is answered by its owner", () => {
  const deaf = allContracts
    .filter(({ kind }) => kind !== "event")
    .filter((contract) => !isNamed(contract, (path) => path.startsWith(`services/${contract.service}/`)));
  expect(named(deaf)).toEqual([]);
});

/** Operators' acts are said by messaging, in the name of whichever service it runs in. */
const saidByMessaging = new Set<Contract>(Object.values(contracts.operatorActedOf));

test("every event is said by its owner", () => {
  const speaker = sourceFiles().filter(
    ({ path, isTest }) => !isTest && path.startsWith("packages/messaging/"),
  );
  expect(speaker.some(({ text }) => /\boperatorActedOf\b/.test(text))).toBe(true);
  const silent = allContracts
    .filter((contract) => contract.kind === "event" && !saidByMessaging.has(contract))
    .filter((contract) => !isNamed(contract, (path) => path.startsWith(`services/${contract.service}/`)));
  expect(named(silent)).toEqual([]);
});

test("every request has somebody who asks it: the gateway, a saga or another service", () => {
  const unasked = allContracts
    .filter(({ kind, name }) => (kind === "command" || kind === "query") && !askedLater.has(name))
    .filter(
      (contract) =>
        !isNamed(
          contract,
          (path) => !path.startsWith(`services/${contract.service}/`) || path.includes("/sagas/"),
        ),
    );
  expect(named(unasked)).toEqual([]);
});

test("every operators' verb is served, by messaging or by the service that has it alone", () => {
  const all = sourceFiles().filter(({ isTest }) => !isTest);
  const unserved = contracts.allOps.filter((contract) => {
    const name = new RegExp(`\\b${exportNames.get(contract)}\\b`);
    const [only] = contract.services.length === 1 ? contract.services : [];
    const where = only ? `services/${only}/src/` : "packages/messaging/src/";
    return !all.some(({ path, text }) => path.startsWith(where) && name.test(text));
  });
  expect(unserved.map(({ verb }) => verb)).toEqual([]);
});
