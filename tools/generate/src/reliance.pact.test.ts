import { allContracts, serviceNames } from "@quartermaster/contracts";
import { allPacts, subjectIn } from "@quartermaster/pacts";
import { partiesOf } from "./parties";

const pacts = allPacts();

/** What a consumer states about a message. */
function stated(consumer: string, provider: string, subject: string) {
  return pacts
    .filter((pact) => pact.consumer === consumer && pact.provider === provider)
    .flatMap(({ interactions }) => interactions)
    .filter(({ description }) => subjectIn(description) === subject);
}

const parties = [...partiesOf()].flatMap(([contract, consumers]) =>
  consumers.map((consumer) => ({ consumer, contract })),
);

test("there are parties to ask for", () => {
  expect(parties.length).toBeGreaterThan(50);
});

test("whoever asks or hears a message states what it relies on, in its consumer.pact.test.ts", () => {
  const silent = parties.filter(
    ({ consumer, contract }) => stated(consumer, contract.service, contract.subject).length === 0,
  );
  expect(silent.map(({ consumer, contract }) => `${consumer} relies on ${contract.subject}`)).toEqual([]);
});

test("every pact is with a service, and about a message of it", () => {
  const lost = pacts.flatMap(({ path, provider, interactions }) => {
    if (!(serviceNames as readonly string[]).includes(provider))
      return [`${path}: no service is called ${provider}`];
    return interactions
      .filter(({ description }) => {
        const subject = subjectIn(description);
        return !allContracts.some((one) => one.subject === subject && one.service === provider);
      })
      .map(({ description }) => `${path}: ${description}`);
  });
  expect(lost).toEqual([]);
});
