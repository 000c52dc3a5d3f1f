import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import type { Buyer } from "../arena/people";
import { check } from "../check";

export const tokens = check({
  name: "tokens",
  number: 13,
  about: "Hostile tokens: none is accepted.",
  sizes: {
    reduced: { times: 1 },
    full: { times: 200 },
    hunt: { times: 1 },
  },
  run: async ({ size, random, record, openArena }) => {
    const arena = await openArena();
    const [buyer] = (await arena.people.newBuyers(1)) as [Buyer];
    const ask = (token: string) => arena.http.ask("GET", "/me", { token });
    const honest = await ask(buyer.token);
    record.claim("the honest token is accepted", honest.status === 200, `${honest.status}`);
    const folder = join(arena.folder, "secrets", "token-keys");
    const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".pem"));
    const hostile = hostileTokens(buyer.token, createPrivateKey(readFileSync(join(folder, file))));
    for (let time = 0; time < size.times; time++)
      for (const [name, token] of Object.entries({
        ...hostile,
        "a flipped bit": flipped(buyer.token, random.below(1_000_000)),
      })) {
        const { status, body } = await ask(token);
        const refused = status === 401 && body?.code === "invalid_token";
        if (time === 0 || !refused)
          record.claim(`refused: ${name}`, refused, `${status} ${body?.code ?? ""}`);
        record.count("hostile tokens");
      }
  },
});

/** Every one differs from an honest token in the one thing that its name says; most are signed with the real key. */
function hostileTokens(honest: string, key: KeyObject): Record<string, string> {
  const { header, payload } = jwt.decode(honest, { complete: true }) as {
    header: jwt.JwtHeader;
    payload: jwt.JwtPayload;
  };
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const sign = (claims: object, head: object = {}, by: KeyObject = key) =>
    jwt.sign({ ...payload, ...claims }, by, {
      algorithm: "ES256",
      header: { ...header, ...head } as jwt.JwtHeader,
    });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const publicPem = createPublicKey(key).export({ type: "spki", format: "pem" });
  const [head = "", body = "", signature = ""] = honest.split(".");
  const { exp: _end, ...endless } = payload;
  const now = Math.floor(Date.now() / 1_000);
  return {
    "alg none": `${part({ ...header, alg: "none" })}.${body}.`,
    "alg none, with a signature": `${part({ ...header, alg: "none" })}.${body}.${signature}`,
    "alg HS256 with the public key as its secret": jwt.sign(
      payload,
      createHash("sha256").update(publicPem).digest(),
      {
        algorithm: "HS256",
        header: { ...header, alg: "HS256" },
      },
    ),
    "another issuer": sign({ iss: "somebody-else" }),
    "another audience": sign({ aud: "another-api" }),
    "another type": sign({}, { typ: "JWT" }),
    "an unknown key id": sign({}, { kid: "unknown" }),
    "a key id that leads into the file system": sign({}, { kid: "../../../../etc/passwd" }),
    "no key id": sign({}, { kid: undefined }),
    "another key under the real id": sign({}, {}, other.privateKey),
    expired: sign({ iat: now - 1_200, exp: now - 600 }),
    "not yet valid": sign({ nbf: now + 600 }),
    "made to last for a year": sign({ exp: now + 31_536_000 }),
    "without an end": jwt.sign(endless, key, { algorithm: "ES256", header }),
    "another role in an old signature": `${head}.${part({ ...payload, role: "ADMIN" })}.${signature}`,
    "a role that does not exist": sign({ role: "ROOT" }),
    "no signature": `${head}.${body}.`,
    "two dots": "..",
    "ten thousand letters": "a".repeat(10_000),
  };
}

function flipped(token: string, dice: number): string {
  const [head = "", body = "", signature = ""] = token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  const at = dice % bytes.length;
  bytes[at] = (bytes[at] as number) ^ (1 << (dice % 8));
  return `${head}.${body}.${bytes.toString("base64url")}`;
}
