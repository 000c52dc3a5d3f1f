import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import Ajv2020 from "ajv/dist/2020";
import { allCommands, allContracts, allEvents, allQueries } from "../registry";
import { asyncapi } from "./document";
import { failureMessages } from "./prose";

const source = JSON.stringify(asyncapi());

async function parse(text: string) {
  const { document, diagnostics } = await new Parser().parse(text);
  const errors = diagnostics
    .filter(({ severity }) => severity <= DiagnosticSeverity.Warning)
    .map(({ code, message, path }) => ({ code, message, path: path.join("/") }));
  return { document, errors };
}

test("the document is valid AsyncAPI 3, and its references lead somewhere", async () => {
  const { document, errors } = await parse(source);
  expect(errors).toEqual([]);
  expect(document?.version()).toBe("3.0.0");
  const received = document?.operations().filterByReceive() ?? [];
  const sent = document?.operations().filterBySend() ?? [];
  expect(received.map((one) => one.id()).sort()).toEqual(
    [...allCommands, ...allQueries].map(({ name }) => name).sort(),
  );
  expect(sent.map((one) => one.id()).sort()).toEqual(allEvents.map(({ name }) => name).sort());
});

test("every message stands in it with its subject, its headers and its replies", async () => {
  const { document } = await parse(source);
  for (const contract of allContracts) {
    const operation = document?.operations().get(contract.name);
    const channel = operation?.channels().all()[0];
    expect(channel?.address()).toBe(contract.subject);
    expect(operation?.messages().all()[0]?.hasHeaders()).toBe(true);
    const replies = operation?.reply()?.messages().all() ?? [];
    const names = replies.map((one) => one.name()?.replace(`${contract.name}.`, ""));
    const accepted = contract.kind === "command" ? ["accepted"] : [];
    expect(names).toEqual(
      contract.kind === "event" ? [] : ["answer", "refusal", ...accepted, "fault", "defect"],
    );
  }
});

test("the check can fail: a dangling reference and a wrong word are found", async () => {
  const dangling = source.replace('"#/components/messages/fault"', '"#/components/messages/nowhere"');
  expect((await parse(dangling)).errors).not.toEqual([]);
  const { errors } = await parse(source.replace('"action":"receive"', '"action":"hear"'));
  expect(JSON.stringify(errors)).toContain("action");
});

test("the examples of what any request may come to fit their schemas", () => {
  const ajv = new Ajv2020({ strict: true });
  for (const { examples, payload } of Object.values(failureMessages) as unknown as Failure[])
    for (const example of examples) expect(ajv.validate(payload, example.payload)).toBe(true);
});

interface Failure {
  payload: object;
  examples: { payload: unknown }[];
}

test("it is the same object on every call", () => {
  expect(asyncapi()).toBe(asyncapi());
});
