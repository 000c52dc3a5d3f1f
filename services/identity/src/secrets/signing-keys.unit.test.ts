import { keyRestMs, signerAmong, thumbprintOf } from "./signing-keys";

const key = (writtenAt: number) => ({ writtenAt });

test("the newest key signs once it has rested; the very first one at once", () => {
  const now = 1_000_000;
  expect(signerAmong([key(now)], now)).toBe(0);
  expect(signerAmong([key(now), key(0)], now)).toBe(1);
  expect(signerAmong([key(now - keyRestMs), key(0)], now)).toBe(0);
  expect(signerAmong([key(now), key(now)], now)).toBe(1);
});

// By hand: printf '%s' '{"crv":"P-256","kty":"EC","x":"a","y":"b"}' | openssl dgst -sha256 -binary | base64
test("a key's id is its RFC 7638 thumbprint", () => {
  expect(thumbprintOf({ x: "a", y: "b" })).toBe("RDgNRYDb79jbk-P-ajJnMZumfDir5astRaQ6H-xiOCM");
});
