import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";

const repository = join(__dirname, "..", "..", "..");

/** Where the pacts of our own consumers are kept: one file per consumer and provider. */
export const pactFolder = join(repository, "pacts");

/** Where other teams' pacts are dropped; FOREIGN_PACTS names another folder, for instance of a checkout beside this one. */
const foreignFolder = process.env.FOREIGN_PACTS ?? join(pactFolder, "foreign");

const Interaction = z.object({
  description: z.string(),
  type: z.enum(["Synchronous/Messages", "Asynchronous/Messages"]),
  response: z.array(z.object({ contents: z.object({ content: z.unknown() }) })).optional(),
});

const PactFile = z.object({
  consumer: z.object({ name: z.string().min(1) }),
  provider: z.object({ name: z.string().min(1) }),
  interactions: z.array(Interaction).min(1),
});

/** What somebody relies on, as it stands in a file. */
export interface Pact {
  readonly file: string;
  /** From the repository's root, for people. */
  readonly path: string;
  readonly consumer: string;
  readonly provider: string;
  readonly interactions: readonly z.infer<typeof Interaction>[];
}

/** All pacts, ours and other teams'. Throws for a file that is no pact of messages (V4), or a folder that is not there. */
export function allPacts(): Pact[] {
  return [pactFolder, foreignFolder].flatMap((folder) => {
    if (!existsSync(folder)) {
      if (folder === process.env.FOREIGN_PACTS)
        throw new Error(`FOREIGN_PACTS: there is no folder ${folder}`);
      return [];
    }
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => readPact(join(folder, name)));
  });
}

export function readPact(file: string): Pact {
  const path = relative(repository, file);
  const parsed = PactFile.safeParse(jsonOf(file));
  if (!parsed.success) {
    throw new Error(`${path} is no pact of messages (V4): ${z.prettifyError(parsed.error)}`);
  }
  const { consumer, provider, interactions } = parsed.data;
  return { file, path, consumer: consumer.name, provider: provider.name, interactions };
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`${relative(repository, file)} is not JSON`, { cause });
  }
}
