import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** A signing key as it lies in the folder. */
export interface KeyFile {
  file: string;
  key: KeyObject;
  /** When the file was last written, in milliseconds. */
  writtenAt: number;
  /** Others than its owner may read the file. */
  exposed: boolean;
}

/**
 * The folder's keys, the newest first: the names sort by age. Makes the folder and a first key when there is none; of
 * several instances that do so at once, one does. Throws when a file is not a private P-256 key.
 */
export async function readKeyFiles(folder: string): Promise<KeyFile[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await listKeys(folder);
  if (found.length > 0) return Promise.all(found.map((file) => readKey(join(folder, file))));
  await writeKey(folder, "key-0001.pem");
  return readKeyFiles(folder);
}

/** Adds the next key to the folder. Returns its file. */
export async function addKeyFile(folder: string): Promise<string> {
  const newest = (await listKeys(folder))[0];
  const number = Number(newest?.match(/\d+/)?.[0] ?? 0) + 1;
  const file = `key-${String(number).padStart(4, "0")}.pem`;
  await writeKey(folder, file);
  return join(folder, file);
}

async function listKeys(folder: string): Promise<string[]> {
  return (await readdir(folder))
    .filter((file) => file.endsWith(".pem"))
    .sort()
    .reverse();
}

/** Written aside and linked in place, so that nobody reads half a key and no key is ever replaced. */
async function writeKey(folder: string, file: string): Promise<void> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const draft = join(folder, `.draft-${randomBytes(8).toString("hex")}`);
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(privateKey.export({ type: "pkcs8", format: "pem" }));
    await handle.sync();
    await handle.close();
    await link(draft, join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
}

async function readKey(file: string): Promise<KeyFile> {
  const [text, { mode, mtimeMs }] = await Promise.all([readFile(file), stat(file)]);
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (error) {
    throw new Error(`${file} is not a private key in PEM form`, { cause: error });
  }
  if (createPublicKey(key).asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new Error(`${file} is not a P-256 key, as ES256 needs`);
  }
  return { file, key, writtenAt: mtimeMs, exposed: (mode & 0o077) !== 0 };
}
