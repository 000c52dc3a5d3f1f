import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Verifier } from "@pact-foundation/pact";
import { z } from "zod";
import type { Parameters } from "./examples";
import type { Pact } from "./folder";

/** What Pact wants the provider to be asked, or the event that it wants to see. */
export interface MessageAsked {
  readonly description: string;
  readonly states: readonly { name: string; parameters: Parameters }[];
  /** Of a request. */
  readonly content: unknown;
}

export interface MessageGiven {
  readonly content: unknown;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Runs Pact's verifier over a pact. It asks for the messages one after the other over HTTP, where the library's own server
 * would go on without a provider state that is missing or fails; this one answers with an error. Answers what did not
 * match, by description.
 */
export async function runVerifier(
  { file, provider }: Pact,
  give: (asked: MessageAsked) => Promise<MessageGiven>,
): Promise<Map<string, string>> {
  const server = createServer((request, response) => void answer(request, response, give));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const verifier = new Verifier({
      provider,
      pactUrls: [file],
      logLevel: "error",
      timeout: timeoutMs,
      transports: [{ protocol: "message", port, path: "/__messages" }],
    });
    return mismatchesIn(await verifier.verifyProvider().catch((failure: Error) => failure.message));
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Longer than asking and waiting for an event take at most. */
const timeoutMs = 30_000;

const Asked = z.object({
  description: z.string(),
  providerStates: z
    .array(z.object({ name: z.string(), params: z.record(z.string(), z.unknown()).default({}) }))
    .default([]),
  request: z.object({ contents: z.object({ content: z.unknown() }) }).optional(),
});

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  give: (asked: MessageAsked) => Promise<MessageGiven>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const {
    description,
    providerStates,
    request: sent,
  } = Asked.parse(JSON.parse(String(Buffer.concat(chunks))));
  const states = providerStates.map(({ name, params }) => ({ name, parameters: params }));
  try {
    const given = await give({ description, states, content: sent?.contents.content });
    const metadata = Buffer.from(JSON.stringify(given.metadata)).toString("base64");
    response.writeHead(200, { "Content-Type": "application/json", "Pact-Message-Metadata": metadata });
    response.end(JSON.stringify(given.content));
  } catch (error) {
    response.writeHead(500, { "Content-Type": "text/plain" }).end((error as Error).message);
  }
}

const Report = z.object({
  interactionResults: z.array(z.object({ description: z.string(), result: z.string() })),
  errors: z.array(z.object({ interaction: z.string(), mismatch: z.unknown() })),
});

const Mismatches = z.object({
  mismatches: z.array(
    z.object({ path: z.string().optional(), key: z.string().optional(), mismatch: z.string() }),
  ),
});

function mismatchesIn(text: unknown): Map<string, string> {
  const { interactionResults, errors } = Report.parse(JSON.parse(String(text)));
  const failed = interactionResults.filter(({ result }) => result !== "OK");
  return new Map(
    failed.map(({ description }) => {
      const own = errors.filter(({ interaction }) => interaction.endsWith(` - ${description}`));
      return [description, own.map(({ mismatch }) => sentencesOf(mismatch)).join("\n") || "not as expected"];
    }),
  );
}

function sentencesOf(mismatch: unknown): string {
  const parsed = Mismatches.safeParse(mismatch);
  if (!parsed.success) return JSON.stringify(mismatch);
  return parsed.data.mismatches
    .map(({ path, key, mismatch: sentence }) => `${path ?? key ?? ""}: ${sentence}`)
    .join("\n");
}
