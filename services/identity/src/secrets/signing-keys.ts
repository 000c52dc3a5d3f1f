import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import type { AnswerOf, GetJwks } from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import { type KeyFile, readKeyFiles } from "./key-files";

export type PublicKey = AnswerOf<typeof GetJwks>["keys"][number];

export interface SigningKey {
  kid: string;
  private: KeyObject;
  public: PublicKey;
}

/** How often the folder is read again. */
const reloadMs = 5_000;
/**
 * A key signs only when it has lain in the folder for this long: by then every instance has read it and publishes it, so
 * that no gateway asks one that does not know it yet.
 */
export const keyRestMs = 30_000;

export interface SigningKeys {
  /** The key that signs now. */
  current(): SigningKey;
  /** The public halves of all keys, the newest first. */
  published(): PublicKey[];
  stop(): void;
}

/** The folder's keys, kept up to date: rotation is a new file, and the end of a key is its removal. */
export async function openSigningKeys(folder: string, log: Logger): Promise<SigningKeys> {
  let files = await readKeyFiles(folder);
  warnOfExposed(files, log);
  let keys = files.map(toSigningKey);
  const reload = async () => {
    files = await readKeyFiles(folder);
    keys = files.map(toSigningKey);
  };
  const timer = setInterval(() => {
    reload().catch((err) => log.error({ err }, "the signing keys could not be read; the old ones stay"));
  }, reloadMs).unref();
  return {
    current: () => keys[signerAmong(files, Date.now())] as SigningKey,
    published: () => keys.map((key) => key.public),
    stop: () => clearInterval(timer),
  };
}

/** The newest key that has rested; the oldest while all are new, as the very first is. */
export function signerAmong(files: readonly Pick<KeyFile, "writtenAt">[], now: number): number {
  const rested = files.findIndex(({ writtenAt }) => now - writtenAt >= keyRestMs);
  return rested >= 0 ? rested : files.length - 1;
}

function toSigningKey({ key }: KeyFile): SigningKey {
  const jwk = createPublicKey(key).export({ format: "jwk" }) as { x: string; y: string };
  const kid = thumbprintOf(jwk);
  return {
    kid,
    private: key,
    public: { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y, kid, alg: "ES256", use: "sig" },
  };
}

/** RFC 7638: SHA-256 over the required members in the order of their names, without white space. */
export function thumbprintOf({ x, y }: { x: string; y: string }): string {
  const members = JSON.stringify({ crv: "P-256", kty: "EC", x, y });
  return createHash("sha256").update(members).digest("base64url");
}

function warnOfExposed(files: readonly KeyFile[], log: Logger): void {
  for (const { file, exposed } of files) {
    if (exposed)
      log.warn({ file }, "a signing key can be read by others than its owner; its mode should be 0600");
  }
}
